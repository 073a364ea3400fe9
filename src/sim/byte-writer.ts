/** Writes a response one byte a turn of the event loop, so that reads end anywhere, within a character too. */
import type { ServerResponse } from "node:http";

export interface ByteWriter {
  write(text: string): void;
  /** Runs `run` once everything written so far is out. */
  after(run: () => void): void;
}

export function byteWriter(response: ServerResponse): ByteWriter {
  const waiting: (Buffer | (() => void))[] = [];
  let at = 0;
  let turning = false;
  const turn = (): void => {
    const next = waiting[0];
    if (next === undefined || response.destroyed) {
      turning = false;
      return;
    }
    if (typeof next === "function") {
      waiting.shift();
      next();
    } else {
      response.write(next.subarray(at, at + 1));
      response.socket?.uncork();
      at++;
      if (at >= next.length) {
        waiting.shift();
        at = 0;
      }
    }
    setImmediate(turn);
  };
  const add = (one: Buffer | (() => void)): void => {
    waiting.push(one);
    if (turning) return;
    turning = true;
    turn();
  };
  return { write: (text) => add(Buffer.from(text)), after: add };
}
