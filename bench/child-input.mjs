/** The other end of `child.mjs`, for the script that is measured. */

/** What the parent asked for. From here on the process ends with its parent. */
export function inputOfChild() {
  process.once("disconnect", () => process.exit(1));
  process.channel?.unref();
  return JSON.parse(process.argv[2]);
}

export function printResult(result) {
  process.stdout.write(`${JSON.stringify(result)}\n`);
}

/** CPU time of every thread of this process since `from`, in µs. */
export function cpuUsSince(from) {
  const { user, system } = process.cpuUsage(from);
  return user + system;
}
