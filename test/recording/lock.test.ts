import { spawn, spawnSync } from "node:child_process";
import {
  appendFileSync,
  existsSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
  truncateSync,
  utimesSync,
  writeFileSync,
} from "node:fs";
import { hostname, tmpdir } from "node:os";
import { basename, join } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import { bootId } from "../../src/recording/boot-id.js";
import { lockRecording, refuseWhileLocked } from "../../src/recording/lock.js";
import { readRecording } from "../../src/recording/reader.js";
import { RecordingWriter } from "../../src/recording/writer.js";
import { attempt, exchange, headerLine } from "./exchange-builder.js";

const folder = mkdtempSync(join(tmpdir(), "twintail-lock-"));
afterAll(() => rmSync(folder, { recursive: true }));
let files = 0;
const fresh = (): string => join(folder, `recording-${files++}.jsonl`);

/** Files beside a recording that are named after it. */
const besides = (path: string): string[] =>
  readdirSync(folder)
    .filter((name) => name.startsWith(`${basename(path)}.`))
    .sort();

const BUILT = new URL("../../dist/recording/lock.js", import.meta.url).href;

/** A process that has ended: its id is nobody's. */
const deadPid = (): number => spawnSync(process.execPath, ["-e", ""]).pid;

const lockFile = (path: string, change: object): void =>
  writeFileSync(
    `${path}.lock`,
    JSON.stringify({ pid: process.pid, bootId: bootId(), host: hostname(), token: "t", ...change }),
  );

describe("the lock of a recording", () => {
  it("is held once, and free after its release", () => {
    const path = fresh();
    const lock = lockRecording(path);
    expect(() => lockRecording(path)).toThrow(
      `${path}: process ${process.pid} on ${hostname()} is writing this recording; wait for it to end; if it is no more, delete ${path}.lock`,
    );
    expect(() => refuseWhileLocked(path)).toThrow(/is writing this recording/);
    expect(statSync(`${path}.lock`).mode & 0o077).toBe(0);
    lock.release();
    expect(() => refuseWhileLocked(path)).not.toThrow();
    lockRecording(path).release();
    expect(existsSync(`${path}.lock`)).toBe(false);
  });

  it.each<[string, object]>([
    ["a process that has ended", { pid: deadPid() }],
    ["a process of an earlier boot", { pid: process.ppid, bootId: "another" }],
    ["this process's number, from an earlier life", {}],
  ])("left behind by %s is taken over", (_name, change) => {
    const path = fresh();
    lockFile(path, change);
    refuseWhileLocked(path);
    const lock = lockRecording(path);
    expect(JSON.parse(readFileSync(`${path}.lock`, "utf8"))).toMatchObject({ pid: process.pid });
    lock.release();
  });

  it.each<[string, object]>([
    ["a process that runs", { pid: process.ppid }],
    ["a process on another machine, of which nothing can be known", { pid: deadPid(), host: "elsewhere" }],
  ])("of %s is respected", (_name, change) => {
    const path = fresh();
    lockFile(path, change);
    expect(() => lockRecording(path)).toThrow(/is writing this recording/);
    expect(readFileSync(`${path}.lock`, "utf8")).toContain('"token":"t"');
  });

  it.skipIf(process.platform !== "linux")("is taken over from a process that has ended and was not waited for", () => {
    const path = fresh();
    // Waited for by the event loop, which this test does not give back to before its end.
    const child = spawn("/bin/sleep", ["0.1"]);
    lockFile(path, { pid: child.pid });
    expect(() => refuseWhileLocked(path)).not.toThrow();
    lockRecording(path).release();
    expect(readFileSync(`/proc/${child.pid}/stat`, "utf8")).toMatch(/\) Z /);
  });

  it("is one for all links to one recording", () => {
    const path = fresh();
    writeFileSync(path, "");
    const link = `${path}.link`;
    symlinkSync(path, link);
    const lock = lockRecording(link);
    expect(() => lockRecording(path)).toThrow(/is writing this recording/);
    lock.release();
    lockRecording(path).release();
  });

  it("that a full disk cuts short is no lock", () => {
    const path = fresh();
    const script = `import { lockRecording } from ${JSON.stringify(BUILT)};
      try { lockRecording(${JSON.stringify(path)}); } catch (error) { console.log(error.code); }`;
    const { stdout } = spawnSync("bash", [
      "-c",
      'ulimit -f 0; exec "$0" --input-type=module -e "$1"',
      process.execPath,
      script,
    ]);
    expect([String(stdout), existsSync(`${path}.lock`)]).toEqual(["EFBIG\n", false]);
  });

  it("that cannot be read is waited for, then respected while it is young", () => {
    const path = fresh();
    writeFileSync(`${path}.lock`, "junk");
    expect(() => lockRecording(path)).toThrow(/another process is writing this recording; .* delete .*\.lock/);
    expect(readFileSync(`${path}.lock`, "utf8")).toBe("junk");
  });

  it.each(["", "{", '{"pid":1'])("that its writer never finished (%j) is taken over once it is old", (text) => {
    const path = fresh();
    writeFileSync(`${path}.lock`, text);
    const then = new Date(Date.now() - 11_000);
    utimesSync(`${path}.lock`, then, then);
    const lock = lockRecording(path);
    expect(JSON.parse(readFileSync(`${path}.lock`, "utf8"))).toMatchObject({ pid: process.pid });
    lock.release();
    expect(besides(path)).toEqual([]);
  });

  it("is taken over from a process that was killed while it took one over, however often", () => {
    const path = fresh();
    const token = (index: number) => `t${index}`;
    lockFile(path, { pid: deadPid(), token: token(0) });
    for (let index = 0; index < 3; index++) {
      const holder = { pid: deadPid(), bootId: bootId(), host: hostname(), token: token(index + 1) };
      writeFileSync(`${path}.lock.${token(index)}`, JSON.stringify(holder));
    }
    const lock = lockRecording(path);
    expect(besides(path)).toEqual([`${basename(path)}.lock`]);
    lock.release();
  });

  it("that a living process is taking over is respected", () => {
    const path = fresh();
    lockFile(path, { pid: deadPid(), token: "old" });
    const next = { pid: process.ppid, bootId: bootId(), host: hostname(), token: "new" };
    writeFileSync(`${path}.lock.old`, JSON.stringify(next));
    expect(() => lockRecording(path)).toThrow(/is writing this recording/);
    expect(readFileSync(`${path}.lock.old`, "utf8")).toBe(JSON.stringify(next));
  });

  it("leaves nothing of processes that were killed before they had it, and lets the living be", () => {
    const path = fresh();
    const [dead, alive] = [deadPid(), process.ppid];
    const left = [`${dead}.some-token.new`, "some-token"].map((name) => `${path}.lock.${name}`);
    const kept = [`${alive}.other-token.new`, "other-token"].map((name) => `${path}.lock.${name}`);
    writeFileSync(left[0] as string, "");
    writeFileSync(left[1] as string, JSON.stringify({ pid: dead, bootId: bootId(), host: hostname(), token: "x" }));
    writeFileSync(kept[0] as string, "");
    writeFileSync(kept[1] as string, JSON.stringify({ pid: alive, bootId: bootId(), host: hostname(), token: "y" }));
    lockRecording(path).release();
    expect(besides(path)).toEqual(kept.map((file) => basename(file)).sort());
  });

  it("is taken where a file can have one name alone", () => {
    const path = fresh();
    const script = `import fs from "node:fs";
      import { syncBuiltinESMExports } from "node:module";
      fs.linkSync = () => { throw Object.assign(new Error("no links here"), { code: process.argv[1] }); };
      syncBuiltinESMExports();
      const { lockRecording } = await import(${JSON.stringify(BUILT)});
      const lock = lockRecording(${JSON.stringify(path)});
      try { lockRecording(${JSON.stringify(path)}); } catch (error) { console.log(error.name); }
      console.log(fs.readdirSync(${JSON.stringify(folder)}).filter((name) => name.startsWith(${JSON.stringify(basename(path))})).join());
      lock.release();`;
    for (const code of ["EPERM", "ENOTSUP", "ENOSYS", "EXDEV"]) {
      const { stdout } = spawnSync(process.execPath, ["--input-type=module", "-e", script, code]);
      expect([code, String(stdout)]).toEqual([code, `TwintailError\n${basename(path)}.lock\n`]);
      expect(besides(path)).toEqual([]);
    }
  });

  it("is taken over by one of many that find it stale at once", async () => {
    for (let round = 0; round < 5; round++) {
      const path = fresh();
      lockFile(path, { pid: deadPid() });
      const code = `
        import { lockRecording } from ${JSON.stringify(BUILT)};
        process.stdin.once("data", () => {
          try { lockRecording(${JSON.stringify(path)}); process.stdout.write("got it"); }
          catch (error) { process.stdout.write(error.name); }
          process.stdin.once("data", () => process.exit());
        });
        process.stdout.write("ready ");`;
      const children = Array.from({ length: 4 }, () =>
        spawn(process.execPath, ["--input-type=module", "-e", code], { stdio: ["pipe", "pipe", "inherit"] }),
      );
      const outputs = children.map(() => "");
      const all = (wanted: RegExp) =>
        new Promise<void>((resolve) => {
          const look = () => outputs.every((output) => wanted.test(output)) && resolve();
          for (const child of children) child.stdout.on("data", look);
          look();
        });
      for (const [index, child] of children.entries()) {
        child.stdout.on("data", (text) => {
          outputs[index] += text;
        });
      }
      await all(/ready/);
      for (const child of children) child.stdin.write("go\n");
      await all(/got it|TwintailError/);
      expect(outputs.filter((output) => output.includes("got it"))).toHaveLength(1);
      const ended = children.map((child) => new Promise((resolve) => child.on("exit", resolve)));
      for (const child of children) child.stdin.write("end\n");
      await Promise.all(ended);
      expect(besides(path)).toEqual([`${basename(path)}.lock`]);
    }
  }, 60_000);
});

describe("a writer", () => {
  const recorded = (): string => {
    const path = fresh();
    const writer = RecordingWriter.create(path, headerLine());
    writer.append(exchange([attempt()], { id: 0 }));
    writer.close();
    return path;
  };
  const sizeOf = (path: string): number => statSync(path).size;

  it("holds the lock until it is closed, whether it made the recording or opened it", () => {
    const path = fresh();
    const writer = RecordingWriter.create(path, headerLine());
    expect(() => RecordingWriter.open(path, sizeOf(path))).toThrow(/is writing this recording/);
    writer.close();
    const again = RecordingWriter.open(path, sizeOf(path));
    expect(() => RecordingWriter.open(path, sizeOf(path))).toThrow(/is writing this recording/);
    again.close();
    again.close();
    expect(existsSync(`${path}.lock`)).toBe(false);
  });

  it("appends to what is there", () => {
    const path = recorded();
    const writer = RecordingWriter.open(path, sizeOf(path));
    writer.append(exchange([attempt()], { id: 1 }));
    writer.close();
    const ids: number[] = [];
    readRecording(path, ({ id }) => ids.push(id));
    expect(ids).toEqual([0, 1]);
  });

  it.each<[string, (path: string) => number, RegExp]>([
    [
      "a last line that is cut off",
      (path) => {
        appendFileSync(path, '{"type":"exch');
        return sizeOf(path);
      },
      /: the last line of the recording is cut off; complete it with --resume$/,
    ],
    [
      "more in it than was read",
      (path) => {
        const before = sizeOf(path);
        appendFileSync(path, '{"type":"end","segment":0,"atNs":1,"reason":"complete"}\n');
        return before;
      },
      /: the recording has changed since it was read;/,
    ],
    [
      "nothing left",
      (path) => {
        writeFileSync(path, "");
        return 0;
      },
      /is cut off/,
    ],
  ])("refuses a recording with %s, and frees its lock", (_name, change, message) => {
    const path = recorded();
    const bytes = change(path);
    const before = readFileSync(path);
    expect(() => RecordingWriter.open(path, bytes)).toThrow(message);
    expect(readFileSync(path).equals(before)).toBe(true);
    expect(existsSync(`${path}.lock`)).toBe(false);
  });

  it("never makes a recording where it should open one", () => {
    const path = fresh();
    expect(() => RecordingWriter.open(path, 0)).toThrow(/cannot be written \(ENOENT\); give a folder under results/);
    expect(readdirSync(folder).filter((name) => path.endsWith(name))).toEqual([]);
  });

  it("mends a last line that was cut off, and one that lacks its line feed alone, before it appends", () => {
    const path = recorded();
    const whole = readFileSync(path);
    appendFileSync(path, '{"type":"exch');
    RecordingWriter.repair(path, sizeOf(path), 13).close();
    expect(readFileSync(path).equals(whole)).toBe(true);

    truncateSync(path, whole.length - 1);
    const writer = RecordingWriter.repair(path, sizeOf(path), 0);
    writer.append(exchange([attempt()], { id: 1 }));
    writer.close();
    const ids: number[] = [];
    expect(readRecording(path, ({ id }) => ids.push(id)).tornBytes).toBe(0);
    expect(ids).toEqual([0, 1]);
  });

  it("mends nothing that has changed since it was read", () => {
    const path = recorded();
    const before = sizeOf(path);
    appendFileSync(path, '{"type":"exch');
    const now = readFileSync(path);
    expect(() => RecordingWriter.repair(path, before, 0)).toThrow(/: the recording has changed since it was read;/);
    expect(readFileSync(path).equals(now)).toBe(true);
    expect(existsSync(`${path}.lock`)).toBe(false);
  });

  const end = { type: "end", segment: 0, atNs: 1, reason: "complete" } as const;

  it("says that the recording was deleted, or moved away, at its end at the latest", () => {
    const deleted = recorded();
    const one = RecordingWriter.open(deleted, sizeOf(deleted));
    rmSync(deleted);
    expect(() => one.append(end)).toThrow(
      `${deleted}: the recording was deleted while it was written; what was recorded is lost; run anew, and keep the folder`,
    );
    one.close();

    const moved = recorded();
    const two = RecordingWriter.open(moved, sizeOf(moved));
    renameSync(moved, `${moved}.away`);
    two.append(exchange([attempt()], { id: 1 }));
    expect(() => two.append(end)).toThrow(/: the recording was moved while it was written; it is whole: give twintail/);
    two.close();
    expect(readRecording(`${moved}.away`, () => {}).end).toEqual(end);
  });

  it("stops where the lock was removed and another process wrote too, with every line of both whole", () => {
    const path = fresh();
    const one = RecordingWriter.create(path, headerLine());
    rmSync(`${path}.lock`);
    const two = RecordingWriter.open(path, sizeOf(path));
    two.append(exchange([attempt()], { id: 1 }));
    expect(() => one.append(end)).toThrow(`${path}: another process wrote this recording at the same time; its lock`);
    one.append(exchange([attempt()], { id: 2 }));
    one.close();
    const types = readFileSync(path, "utf8")
      .trimEnd()
      .split("\n")
      .map((line) => JSON.parse(line).type);
    expect(types).toEqual(["header", "exchange", "end"]);
    two.close();
  });
});
