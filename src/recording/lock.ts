/**
 * One process at a time appends to a recording. The lock is a file beside it that names its holder; one whose holder is
 * gone is taken over. Of holders on other machines nothing can be known, so theirs stand until someone deletes the file.
 */
import { randomUUID } from "node:crypto";
import { linkSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { hostname } from "node:os";
import { z } from "zod";
import { errorCode, TwintailError } from "../core/errors.js";
import { printableLine } from "../core/printable.js";
import { bootId } from "./boot-id.js";

const holderShape = z.object({ pid: z.int(), bootId: z.string(), host: z.string(), token: z.string() });
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
  const path = `${recording}.lock`;
  const own: Holder = { pid: process.pid, bootId: bootId(), host: hostname(), token: randomUUID() };
  // Again after a take-over, or when it was released meanwhile; someone else may have been faster each time.
  for (let attempt = 0; attempt < 3; attempt++) {
    try {
      writeFileSync(path, `${JSON.stringify(own)}\n`, { mode: 0o600, flag: "wx" });
      held.add(own.token);
      return { release: () => release(path, own.token) };
    } catch (error) {
      if (errorCode(error) !== "EEXIST") throw error;
    }
    const holder = holderOf(path);
    if (holder === null) continue;
    if (!isGone(holder)) throw inUse(recording, holder);
    takeAway(path, holder);
  }
  throw inUse(recording, holderOf(path));
}

/**
 * Says early that another process appends to a recording: to take the lock is what decides.
 * @throws TwintailError when one does.
 */
export function refuseWhileLocked(recording: string): void {
  const holder = holderOf(`${recording}.lock`);
  if (holder !== null && !isGone(holder)) throw inUse(recording, holder);
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

/** Two may find the same lock stale: what was moved away is looked at again, and put back if it is another's by now. */
function takeAway(path: string, stale: Holder): void {
  const aside = `${path}.${randomUUID()}`;
  try {
    renameSync(path, aside);
  } catch {
    return;
  }
  try {
    if (holderOf(aside)?.token !== stale.token) linkSync(aside, path);
  } catch {
    // Someone has a lock there already.
  }
  rmSync(aside, { force: true });
}

function release(path: string, token: string): void {
  held.delete(token);
  try {
    if (holderOf(path)?.token === token) rmSync(path, { force: true });
  } catch {
    // A lock that cannot be removed is recognised as stale once this process has ended.
  }
}

function inUse(recording: string, holder: Holder | null): TwintailError {
  const who = holder === null ? "another process" : `process ${holder.pid} on ${printableLine(holder.host, 60)}`;
  return new TwintailError({
    cause: `${who} is writing this recording`,
    place: recording,
    remedy: `wait for it to end; if it is no more, delete ${recording}.lock`,
  });
}
