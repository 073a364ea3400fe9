/**
 * One process at a time appends to a recording. The lock is a file beside it that names its holder; one whose holder is
 * gone is taken over. Of holders on other machines nothing can be known, so theirs stand until someone deletes the file.
 */
import { randomUUID } from "node:crypto";
import { readFileSync, realpathSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { hostname } from "node:os";
import { z } from "zod";
import { errorCode, TwintailError } from "../core/errors.js";
import { printableLine } from "../core/printable.js";
import { bootId } from "./boot-id.js";

const holderShape = z.object({
  pid: z.int(),
  bootId: z.string(),
  host: z.string(),
  token: z.string().regex(/^[\w-]{1,64}$/),
});
type Holder = z.infer<typeof holderShape>;

/** Locks of this process: its own pid in a file says nothing, since pids come again after a restart. */
const held = new Set<string>();

export interface Lock {
  /** Ends it; the file is removed. */
  release(): void;
}

/**
 * Takes the lock of a recording.
 * @throws TwintailError when another process appends to it; or the file system's own error.
 */
export function lockRecording(recording: string): Lock {
  const path = lockOf(recording);
  const own: Holder = { pid: process.pid, bootId: bootId(), host: hostname(), token: randomUUID() };
  if (!tryWrite(path, own)) {
    const holder = holderOf(path);
    if (holder === null || !isGone(holder) || !takeOver(path, holder, own))
      throw inUse(recording, path, holderOf(path));
  }
  held.add(own.token);
  return { release: () => release(path, own.token) };
}

/**
 * Says early that another process appends to a recording: to take the lock is what decides.
 * @throws TwintailError when one does.
 */
export function refuseWhileLocked(recording: string): void {
  const path = lockOf(recording);
  const holder = holderOf(path);
  if (holder !== null && !isGone(holder)) throw inUse(recording, path, holder);
}

/** Beside the file itself: two links to one recording have one lock. */
function lockOf(recording: string): string {
  try {
    return `${realpathSync(recording)}.lock`;
  } catch {
    // It has not been made yet.
    return `${recording}.lock`;
  }
}

/** Null where there is no file, or none of ours. */
function holderOf(path: string): Holder | null {
  try {
    return holderShape.parse(JSON.parse(readFileSync(path, "utf8").slice(0, 10_000)));
  } catch {
    return null;
  }
}

function isGone({ pid, bootId: boot, host, token }: Holder): boolean {
  if (host !== hostname()) return false;
  if (boot !== bootId()) return true;
  if (pid === process.pid) return !held.has(token);
  try {
    process.kill(pid, 0);
    return false;
  } catch (error) {
    return errorCode(error) === "ESRCH";
  }
}

/**
 * Many may find one lock stale, and one of them may replace it: who made the file that is named after the stale token. It is
 * moved over the lock, so that at no time there is none.
 */
function takeOver(path: string, stale: Holder, own: Holder): boolean {
  const next = `${path}.${stale.token}`;
  if (!tryWrite(next, own)) return false;
  // Taken over, and that file moved away, before ours was made.
  if (holderOf(path)?.token !== stale.token) {
    rmSync(next, { force: true });
    return false;
  }
  renameSync(next, path);
  return true;
}

/** Whether it was not there before. */
function tryWrite(path: string, holder: Holder): boolean {
  try {
    writeFileSync(path, `${JSON.stringify(holder)}\n`, { mode: 0o600, flag: "wx" });
    return true;
  } catch (error) {
    if (errorCode(error) === "EEXIST") return false;
    // Made, and not written: on a full disk it would say for good that someone holds it.
    rmSync(path, { force: true });
    throw error;
  }
}

function release(path: string, token: string): void {
  held.delete(token);
  try {
    if (holderOf(path)?.token === token) rmSync(path, { force: true });
  } catch {
    // A lock that cannot be removed is recognised as stale once this process has ended.
  }
}

function inUse(recording: string, path: string, holder: Holder | null): TwintailError {
  const who = holder === null ? "another process" : `process ${holder.pid} on ${printableLine(holder.host, 60)}`;
  return new TwintailError({
    cause: `${who} is writing this recording`,
    place: recording,
    remedy: `wait for it to end; if it is no more, delete ${path}`,
  });
}
