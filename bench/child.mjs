/** A measured script in a process of its own: it prints one line of JSON, and ends with this process at the latest. */
import { fork } from "node:child_process";

/** Resolves to what the script printed. The script is ended after `limitMs`. */
export function measuredChild(script, input, { limitMs, execArgv = [] }) {
  return new Promise((resolve, reject) => {
    const child = fork(new URL(script, import.meta.url), [JSON.stringify(input)], {
      execArgv,
      stdio: ["ignore", "pipe", "inherit", "ipc"],
      timeout: limitMs,
      killSignal: "SIGKILL",
    });
    let out = "";
    child.stdout.setEncoding("utf8").on("data", (text) => {
      out += text;
    });
    child.once("error", reject);
    child.once("close", (code, signal) => {
      if (code === 0) resolve(JSON.parse(out));
      else reject(new Error(`${script} ended with ${signal ?? `code ${code}`}`));
    });
  });
}
