/** Live progress on standard error: one line that is rewritten on a terminal, a line now and then elsewhere. */
import { formatDurationMs } from "../core/duration.js";
import { type Plan, rowsToSend } from "../plan/plan.js";
import type { Exchange } from "../recording/recording.js";
import type { Io } from "./terminal-io.js";

const PHASE_WORDS: Readonly<Record<string, string>> = {
  cold: "waking from cold",
  warmup: "warming up",
  solo: "solo: one stream at a time",
  warm: "golden set",
  probe: "probing features",
};
const REDRAW_MS = 100;
const LINE_MS = 5_000;
const BAR_WIDTH = 24;

export interface Progress {
  released(ids: readonly number[]): void;
  exchange(exchange: Exchange): void;
  /** Clears the line and stops. */
  stop(): void;
}

export function startProgress(plan: Plan, io: Io): Progress {
  const live = io.stderr.isTTY === true;
  const startedMs = Date.now();
  const planned = rowsToSend(plan).length;
  let done = 0;
  let failed = 0;
  let released = 0;
  let phase = "";
  let phaseSaid = "";
  let lastLineMs = startedMs;

  const status = (): string => {
    const share = done / planned;
    const filled = Math.round(share * BAR_WIDTH);
    const bar = `${"█".repeat(filled)}${"░".repeat(BAR_WIDTH - filled)}`;
    const elapsed = formatDurationMs(Date.now() - startedMs);
    const failures = failed === 0 ? "" : ` · ${failed} failed`;
    return `${bar} ${done}/${planned} · ${PHASE_WORDS[phase] ?? phase} · ${released - done} in flight${failures} · ${elapsed}`;
  };
  const draw = (): void => {
    const columns = io.stderr.columns ?? 80;
    io.stderr.write(`\r${status().slice(0, columns - 1)}\x1b[K`);
  };
  const timer = live ? setInterval(draw, REDRAW_MS) : setInterval(say, 1_000);
  function say(): void {
    const now = Date.now();
    if (phase === phaseSaid && now - lastLineMs < LINE_MS) return;
    phaseSaid = phase;
    lastLineMs = now;
    io.stderr.write(
      `${done}/${planned} exchanges · ${PHASE_WORDS[phase] ?? phase} · ${formatDurationMs(now - startedMs)}\n`,
    );
  }
  timer.unref();

  return {
    released(ids) {
      released += ids.length;
      phase = plan.rows[ids[0] ?? 0]?.phase ?? phase;
    },
    exchange(exchange) {
      done++;
      const last = exchange.attempts.at(-1);
      const bad = last === undefined || last.outcome.kind === "network" || last.outcome.kind === "timeout";
      if (bad || (last.status ?? 200) >= 400) failed++;
    },
    stop() {
      clearInterval(timer);
      if (live) io.stderr.write("\r\x1b[K");
      else io.stderr.write(`${done}/${planned} exchanges · ${formatDurationMs(Date.now() - startedMs)}\n`);
    },
  };
}
