/** Settings of arrivals as a recording keeps them: a trace's arrivals are in its plan already, and may be half a million. */
import type { ArrivalShape, CaptureSettings, LoadSettings } from "../../config/settings.js";
import { digestOf } from "../../core/digest.js";

function storedShape(shape: ArrivalShape): ArrivalShape {
  return shape.kind === "trace" ? { kind: "trace", arrivals: [], digest: digestOf(shape.arrivals) } : shape;
}

export function storedLoad(load: LoadSettings): LoadSettings {
  return load.loop.kind === "closed" ? load : { ...load, loop: { kind: "open", shape: storedShape(load.loop.shape) } };
}

export function storedCapture(capture: CaptureSettings): CaptureSettings {
  const { arrivals } = capture;
  return arrivals === undefined
    ? capture
    : { ...capture, arrivals: { ...arrivals, shape: storedShape(arrivals.shape) } };
}
