/**
 * Puts an endpoint to sleep by the user's own means before a cold trial: a command, or a request to an address. Neither is
 * ever recorded or shown, since it may hold a secret; what is said of a failure is its code, and a command's own last words.
 */
import { type ChildProcess, spawn } from "node:child_process";
import type { ScaleDown } from "../config/settings.js";
import { errorCode } from "../core/errors.js";
import { type EndpointAccess, keyHeader } from "./access.js";
import { timedClient } from "./connection.js";

/** After it was asked to end. */
const KILL_AFTER_MS = 2_000;
/** Of standard error, what may still be in the pipe when a command has ended. */
const LAST_WORDS_MS = 250;
/** More than is written down: a key must not be cut in half before it is masked. */
const KEPT_OF_STDERR = 4_096;

/**
 * Runs to its end, or is ended at its timeout or by `signal`.
 * @returns null when it did what it was for; otherwise why not, with keys still in it.
 */
export function scaleDown(how: ScaleDown, access: EndpointAccess, signal: AbortSignal): Promise<string | null> {
  return how.kind === "command" ? runCommand(how, signal) : askAddress(how, access, signal);
}

function runCommand(
  { command, timeoutMs }: ScaleDown & { readonly kind: "command" },
  signal: AbortSignal,
): Promise<string | null> {
  const [program, ...given] = command;
  return new Promise((resolve) => {
    let said = "";
    let ending: string | null = null;
    let killTimer: NodeJS.Timeout | undefined;
    // A group of its own, so that what the command started ends with it, and an interrupt of the terminal is not its.
    const child = spawn(program, given, {
      stdio: ["ignore", "ignore", "pipe"],
      detached: OWN_GROUP,
      windowsHide: true,
    });
    const end = (why: string): void => {
      if (ending !== null) return;
      ending = why;
      kill(child, "SIGTERM");
      killTimer = setTimeout(() => kill(child, "SIGKILL"), KILL_AFTER_MS);
    };
    const timer = timeoutMs > 0 ? setTimeout(() => end(`not done after ${timeoutMs / 1_000} s`), timeoutMs) : undefined;
    const onStop = (): void => end("stopped");
    const settle = (failed: string | null): void => {
      clearTimeout(timer);
      clearTimeout(killTimer);
      signal.removeEventListener("abort", onStop);
      child.stderr?.destroy();
      resolve(failed === null || said === "" ? failed : `${failed}: ${said}`);
    };
    signal.addEventListener("abort", onStop, { once: true });
    if (signal.aborted) onStop();
    child.stderr?.setEncoding("utf8").on("data", (text: string) => {
      said = `${said}${text}`.slice(-KEPT_OF_STDERR);
    });
    // Its message has the command; its code has not.
    child.once("error", (error) => settle(`the command could not be run: ${errorCode(error) ?? "unknown"}`));
    child.once("exit", (code, by) => {
      if (ending !== null) kill(child, "SIGKILL");
      const failed = ending ?? (code === 0 ? null : by === null ? `exit code ${code}` : `ended by ${by}`);
      // Not until its pipe is closed: what it left running may hold that open.
      const wait = setTimeout(() => settle(failed), LAST_WORDS_MS);
      child.stderr?.once("close", () => {
        clearTimeout(wait);
        settle(failed);
      });
    });
  });
}

const OWN_GROUP = process.platform !== "win32";

function kill(child: ChildProcess, name: "SIGTERM" | "SIGKILL"): void {
  if (child.pid === undefined) return;
  try {
    if (OWN_GROUP) process.kill(-child.pid, name);
    else child.kill(name);
  } catch {
    // It has ended meanwhile.
  }
}

async function askAddress(
  { url, method, withKey, timeoutMs }: ScaleDown & { readonly kind: "url" },
  access: EndpointAccess,
  signal: AbortSignal,
): Promise<string | null> {
  const { origin, pathname, search } = new URL(url);
  const timed = timedClient(origin === access.route.origin ? access.route : { origin }, () => 0);
  const over = new AbortController();
  const onStop = (): void => over.abort();
  signal.addEventListener("abort", onStop, { once: true });
  if (signal.aborted) onStop();
  let late = false;
  const timer =
    timeoutMs > 0
      ? setTimeout(() => {
          late = true;
          over.abort();
        }, timeoutMs)
      : undefined;
  const aborted = new Promise<never>((_, reject) => {
    if (over.signal.aborted) reject(new Error("aborted"));
    over.signal.addEventListener("abort", () => reject(new Error("aborted")), { once: true });
  });
  try {
    const answered = timed.client.request({
      method,
      path: timed.path(`${pathname}${search}`),
      headers: { ...(withKey ? keyHeader(access) : {}), ...timed.headers },
    });
    answered.then(({ body }) => body.on("error", () => {})).catch(() => {});
    const { statusCode } = await Promise.race([answered, aborted]);
    return statusCode >= 200 && statusCode < 300 ? null : `HTTP ${statusCode}`;
  } catch (error) {
    if (late) return `not done after ${timeoutMs / 1_000} s`;
    return over.signal.aborted ? "stopped" : `the request failed: ${errorCode(error) ?? "unknown"}`;
  } finally {
    clearTimeout(timer);
    signal.removeEventListener("abort", onStop);
    timed.abandon();
  }
}
