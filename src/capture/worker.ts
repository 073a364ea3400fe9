/** The capture thread: nothing runs here but sending, stamping and handing buffers over. */
import { setMaxListeners } from "node:events";
import { parentPort, workerData } from "node:worker_threads";
import { clockFrom } from "./clock.js";
import type { CaptureJob, FromCapture, ToCapture } from "./messages.js";
import { Monitor } from "./monitor.js";
import { Pacer } from "./pacer.js";

const port = parentPort;
if (port === null) throw new Error("capture/worker runs in a worker thread");

const job = workerData as CaptureJob;
const now = clockFrom(job.originNs);
const stop = new AbortController();
// Every exchange in flight listens for the stop.
setMaxListeners(0, stop.signal);
const post = (message: FromCapture, transfer: ArrayBuffer[] = []): void => port.postMessage(message, transfer);

port.on("message", (message: ToCapture) => {
  if (message.type === "stop") stop.abort();
});

const monitor = new Monitor(now, (line) => post({ type: "machine", line }));
const pacer = new Pacer(job, now, stop.signal, {
  onReleased: (ids) => post({ type: "released", ids }),
  onRead: monitor.countRead,
  onExchange: (exchange) =>
    post(
      { type: "exchange", exchange },
      exchange.attempts.flatMap(({ log }) => [log.bytes.buffer, log.atNs.buffer, log.ends.buffer]),
    ),
});

await pacer.run();
monitor.stop();
post({ type: "done", atNs: now(), interrupted: stop.signal.aborted });
port.close();
