/**
 * One process at a time appends to a recording. The lock is a file beside it that names its holder; one whose holder is
 * gone is taken over. Of holders on other machines nothing can be known, so theirs stand until someone deletes the file.
 */
import { randomUUID } from "node:crypto";
import {
  linkSync,
  readdirSync,
  readFileSync,
  realpathSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { hostname } from "node:os";
import { basename, dirname, join } from "node:path";
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

/** A lock that names nobody is its writer's who has not come to it yet; after so long it never will. */
const UNREADABLE_STALE_MS = 10_000;
/** A process that was just killed is still there for a moment. */
const WAIT_MS = 400;
const POLL_MS = 20;

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
  const deadlineMs = Date.now() + WAIT_MS;
  while (!acquire(path, path, own)) {
    // Not written yet, given back, or about to be taken over: who holds it will be seen in a moment.
    if (Date.now() >= deadlineMs) throw inUse(recording, path, standingAt(path)?.holder ?? null);
    sleep(POLL_MS);
  }
  held.add(own.token);
  removeLeftovers(path);
  return { release: () => release(path, own.token) };
}

/**
 * Says early that another process appends to a recording: to take the lock is what decides.
 * @throws TwintailError when one does.
 */
export function refuseWhileLocked(recording: string): void {
  refuseWhile(recording, () => true);
}

/**
 * As {@link refuseWhileLocked}, for who only reads: a lock of another machine may be what is left of a process that was killed.
 * @throws TwintailError when a process of this machine appends to it.
 */
export function refuseWhileLockedHere(recording: string): void {
  refuseWhile(recording, ({ host }) => host === hostname());
}

function refuseWhile(recording: string, heeded: (holder: Holder) => boolean): void {
  const path = lockOf(recording);
  const deadlineMs = Date.now() + WAIT_MS;
  for (;;) {
    const holder = standingAt(path)?.holder;
    if (holder === undefined || isGone(holder) || !heeded(holder)) return;
    if (Date.now() >= deadlineMs) throw inUse(recording, path, holder);
    sleep(POLL_MS);
  }
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

/** A lock file as it stands: whose it is, and what tells it from another one in its place. */
interface Standing {
  readonly token: string;
  /** Absent where the file says nothing: its writer was killed, or has not come to it yet. */
  readonly holder?: Holder;
  readonly ageMs: number;
}

/** Null where there is no file. */
function standingAt(path: string): Standing | null {
  try {
    const { ino, mtimeMs } = statSync(path);
    const ageMs = Date.now() - mtimeMs;
    const holder = holderOf(path);
    if (holder !== null) return { token: holder.token, holder, ageMs };
    return { token: `unreadable-${ino}-${Math.round(mtimeMs)}`, ageMs };
  } catch {
    return null;
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

function isStale({ holder, ageMs }: Standing): boolean {
  return holder === undefined ? ageMs > UNREADABLE_STALE_MS : isGone(holder);
}

function isGone({ pid, bootId: boot, host, token }: Holder): boolean {
  if (host !== hostname()) return false;
  if (boot !== bootId()) return true;
  if (pid === process.pid) return !held.has(token);
  return !runs(pid);
}

function runs(pid: number): boolean {
  try {
    process.kill(pid, 0);
  } catch (error) {
    return errorCode(error) !== "ESRCH";
  }
  return !isZombie(pid);
}

/** Ended, and not waited for: in a container whose first process waits for nobody, for good. Told on Linux alone. */
function isZombie(pid: number): boolean {
  try {
    // The name before the state may hold brackets and spaces of its own.
    const stat = readFileSync(`/proc/${pid}/stat`, "latin1");
    return /^ [ZX]/.test(stat.slice(stat.lastIndexOf(")") + 1));
  } catch {
    return false;
  }
}

/**
 * Takes the lock at `path`, a stale one included. Many may find one lock stale, and one of them may replace it: who holds the
 * lock on doing so, a file that is named after the stale token. It is moved over the lock, so that at no time there is none.
 * That one too may be left behind by a kill, and is then taken over in the same way.
 * @param root the recording's lock, after which all are named
 */
function acquire(root: string, path: string, own: Holder): boolean {
  if (tryWrite(root, path, own)) return true;
  const stale = standingAt(path);
  if (stale === null || !isStale(stale)) return false;
  const next = `${root}.${stale.token}`;
  if (!acquire(root, next, own)) return false;
  // Taken over, and that file moved away, before ours was made.
  if (standingAt(path)?.token !== stale.token) {
    rmSync(next, { force: true });
    return false;
  }
  renameSync(next, path);
  return true;
}

/**
 * Whether it was not there before. Written under another name and linked to its own: a kill between the two leaves a lock that
 * says whose it is, or none.
 */
function tryWrite(root: string, path: string, holder: Holder): boolean {
  const text = `${JSON.stringify(holder)}\n`;
  const temporary = `${root}.${holder.pid}.${holder.token}.new`;
  for (let attempt = 1; ; attempt++) {
    try {
      writeFileSync(temporary, text, { mode: 0o600, flag: "wx" });
      linkSync(temporary, path);
      return true;
    } catch (error) {
      const code = errorCode(error) ?? "";
      if (code === "EEXIST") return false;
      if (UNLINKABLE.has(code) && statSync(temporary, { throwIfNoEntry: false }) !== undefined) {
        return tryCreate(path, text);
      }
      // Taken for a leftover by a process of another machine.
      if (code === "ENOENT" && attempt < 3 && statSync(dirname(path), { throwIfNoEntry: false }) !== undefined)
        continue;
      throw error;
    } finally {
      rmSync(temporary, { force: true });
    }
  }
}

/** Where a file can have one name alone. */
const UNLINKABLE: ReadonlySet<string> = new Set(["EPERM", "ENOTSUP", "EOPNOTSUPP", "ENOSYS", "EXDEV", "EMLINK"]);

function tryCreate(path: string, text: string): boolean {
  try {
    writeFileSync(path, text, { mode: 0o600, flag: "wx" });
    return true;
  } catch (error) {
    if (errorCode(error) === "EEXIST") return false;
    // Made, and not written: on a full disk it would say for some time that someone holds it.
    rmSync(path, { force: true });
    throw error;
  }
}

/** What processes that were killed while they took the lock have left beside it. */
function removeLeftovers(path: string): void {
  try {
    const folder = dirname(path);
    const prefix = `${basename(path)}.`;
    for (const name of readdirSync(folder)) {
      if (!name.startsWith(prefix)) continue;
      const file = join(folder, name);
      const standing = standingAt(file);
      const maker = Number(/^(\d+)\.[\w-]+\.new$/.exec(name.slice(prefix.length))?.[1] ?? Number.NaN);
      const isLeft = Number.isNaN(maker) || standing?.holder !== undefined ? isStale : () => !runs(maker);
      if (standing !== null && isLeft(standing)) rmSync(file, { force: true });
    }
  } catch {
    // They are in nobody's way.
  }
}

/** The caller has nothing else to do: a lock is taken before anything is sent. */
function sleep(ms: number): void {
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, ms);
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
