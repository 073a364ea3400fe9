/** The capture thread: nothing runs here but sending, stamping and handing buffers over. */
import { setMaxListeners } from "node:events";
import { parentPort, workerData } from "node:worker_threads";
import { NS_PER_MS } from "../core/units.js";
import { DEADLINE } from "./attempt.js";
import { clockFrom } from "./clock.js";
import { prepareRoute } from "./connection.js";
import type { CaptureJob, FromCapture, ToCapture } from "./messages.js";
import { Monitor } from "./monitor.js";
import { Pacer } from "./pacer.js";

const port = parentPort;
if (port === null) throw new Error("capture/worker runs in a worker thread");

/** Node's timers fire at once beyond this. */
const MAX_TIMER_MS = 2 ** 31 - 1;

const job = workerData as CaptureJob;
const now = clockFrom(job.originNs);
const stop = new AbortController();
// Every exchange in flight listens for the stop.
setMaxListeners(0, stop.signal);
const post = (message: FromCapture, transfer: ArrayBuffer[] = []): void => port.postMessage(message, transfer);

port.on("message", (message: ToCapture) => {
  if (message.type === "stop") stop.abort();
  else pacer.drain(message.message);
});

// Stamps count from the start of the run, so the clock is what is left of it.
const { deadlineMs } = job.settings;
const deadline =
  deadlineMs === undefined
    ? undefined
    : setTimeout(() => stop.abort(DEADLINE), Math.min(MAX_TIMER_MS, Math.max(0, deadlineMs - now() / NS_PER_MS)));

for (const { route } of Object.values(job.endpoints)) prepareRoute(route);
const monitor = new Monitor(now, (line) => post({ type: "machine", line }));
const pacer = new Pacer(job, now, stop.signal, {
  onReleased: (ids) => post({ type: "released", ids }),
  onRead: monitor.countRead,
  onExchange: (exchange) =>
    post(
      { type: "exchange", exchange },
      exchange.attempts.flatMap(({ log }) => [log.bytes.buffer, log.atNs.buffer, log.ends.buffer]),
    ),
  onPause: (line) => post({ type: "pause", line }),
  onStopped: (line) => post({ type: "stopped", line }),
});

const end = await pacer.run();
clearTimeout(deadline);
monitor.stop();
post({ type: "done", end });
port.close();
