/** A capture thread: nothing runs here but sending, stamping and handing buffers over. */
import { setMaxListeners } from "node:events";
import { parentPort, workerData } from "node:worker_threads";
import { MAX_TIMER_MS, NS_PER_MS } from "../core/units.js";
import { DEADLINE } from "./attempt.js";
import { clockFrom } from "./clock.js";
import { prepareRoute } from "./connection.js";
import { Crew } from "./crew.js";
import type { FromCapture, MorePlan, ThreadJob, ToCapture } from "./messages.js";
import { Monitor } from "./monitor.js";
import { Pacer } from "./pacer.js";

const port = parentPort;
if (port === null) throw new Error("capture/worker runs in a worker thread");

const job = workerData as ThreadJob;
const now = clockFrom(job.originNs);
const stop = new AbortController();
// Every exchange in flight listens for the stop.
setMaxListeners(0, stop.signal);
if (job.stopped) stop.abort();
const post = (message: FromCapture, transfer: ArrayBuffer[] = []): void => port.postMessage(message, transfer);

/** Whoever waits for the main thread: for the start of a block, or for more to send. */
let onGo: ((startNs: number) => void) | null = null;
let onMore: ((part: MorePlan | null) => void) | null = null;

port.on("message", (message: ToCapture) => {
  switch (message.type) {
    case "stop":
      stop.abort();
      break;
    case "drain":
      pacer.drain(message.message);
      break;
    case "go":
      onGo?.(message.startNs);
      break;
    case "more":
      onMore?.(message.part);
      break;
    case "giveUp":
      pacer.giveUp(message.endpoint);
  }
});

// Stamps count from the start of the run, so the clock is what is left of it.
const { deadlineMs } = job.settings;
const deadline =
  deadlineMs === undefined
    ? undefined
    : setTimeout(() => stop.abort(DEADLINE), Math.min(MAX_TIMER_MS, Math.max(0, deadlineMs - now() / NS_PER_MS)));

for (const { route } of Object.values(job.endpoints)) prepareRoute(route);
const crew = crewOf(job);
const monitor = new Monitor(now, (line) =>
  post({ type: "machine", line: crew.count === 1 ? line : { ...line, thread: crew.index } }),
);
const pacer = new Pacer(job, crew, now, stop.signal, {
  onReleased: (ids) => post({ type: "released", ids }),
  onRead: monitor.countRead,
  onExchange: (exchange) =>
    post(
      { type: "exchange", exchange },
      exchange.attempts.flatMap(({ log }) => [log.bytes.buffer, log.atNs.buffer, log.ends.buffer]),
    ),
  onPause: (line) => post({ type: "pause", line }),
  onStopped: (line) => post({ type: "stopped", line }),
  onBegun: (phase, atNs) => {
    if (crew.index === 0) post({ type: "begun", line: { phase, atNs } });
  },
  onDropped: (ids, atNs) => post({ type: "dropped", line: { ids, atNs } }),
});
pacer.onOver(() => {
  onGo?.(now());
  onMore?.(null);
});

const end = await pacer.run();
clearTimeout(deadline);
monitor.stop();
post({ type: "done", end });
port.close();

function crewOf({ crew: given, goesOn }: ThreadJob): Crew {
  const more = (): Promise<MorePlan | null> => {
    if (goesOn !== true) return Promise.resolve(null);
    const part = new Promise<MorePlan | null>((resolve) => {
      onMore = resolve;
    });
    // What follows is decided by all that was seen, this machine included.
    monitor.flush();
    post({ type: "idle" });
    return part;
  };
  if (given === undefined) return Crew.alone(now, more);
  const begin = (): Promise<number> => {
    const startNs = new Promise<number>((resolve) => {
      onGo = resolve;
    });
    post({ type: "ready" });
    return startNs;
  };
  return new Crew(given.index, given.count, given.counts, { begin, more });
}
