/** A sweep on standard error: the load that is being sent, and a line for each that was measured. */
import type { MeasuredPoint } from "../capacity/saturation.js";
import { formatDurationMs } from "../core/duration.js";
import type { LoadPoint } from "../plan/load/point.js";
import type { Exchange } from "../recording/recording.js";
import type { Progress } from "./progress.js";
import type { Io } from "./terminal-io.js";

const REDRAW_MS = 200;

export interface SweepProgress extends Progress {
  point(point: LoadPoint, unit: string): void;
  measured(measured: readonly MeasuredPoint[]): void;
}

export function startSweepProgress(io: Io): SweepProgress {
  const live = io.stderr.isTTY === true;
  const startedMs = Date.now();
  let what = "waking and warming up";
  let pointMs = startedMs;
  let released = 0;
  let done = 0;
  const draw = (): void => {
    const columns = io.stderr.columns ?? 80;
    const text = `${what} · ${formatDurationMs(Date.now() - pointMs)} · ${released - done} in flight · ${done} done`;
    io.stderr.write(`\r${text.slice(0, columns - 1)}\x1b[K`);
  };
  const timer = live ? setInterval(draw, REDRAW_MS) : null;
  timer?.unref();
  const say = (line: string): void => {
    io.stderr.write(live ? `\r\x1b[K${line}\n` : `${line}\n`);
  };
  return {
    released(ids) {
      released += ids.length;
    },
    exchange(_: Exchange) {
      done++;
    },
    point({ load, roles }, unit) {
      what = `${load === null ? "the trace" : `${Number(load.toPrecision(3))} ${unit}`} on ${roles.join(" and ")}`;
      pointMs = Date.now();
      if (!live) say(`${what} …`);
    },
    measured(points) {
      for (const { role, throughput, state } of points) {
        say(
          `  ${role.padEnd(9)} ${Number(throughput.value.toPrecision(3)).toLocaleString("en-US")} answers/s, ${state}`,
        );
      }
    },
    stop() {
      if (timer !== null) clearInterval(timer);
      say(`${done} exchanges · ${formatDurationMs(Date.now() - startedMs)}`);
    },
  };
}
