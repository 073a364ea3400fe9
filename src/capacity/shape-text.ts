import type { ArrivalSettings, ArrivalShape, LoadSettings } from "../config/settings.js";

/** How exchanges come, in words, without a full stop. */
export function shapeText({ loop, whenFull }: Pick<LoadSettings, "loop" | "whenFull">): string {
  if (loop.kind === "closed") return "closed loop, each lane sends again when it was answered";
  return `open loop, ${shapeName(loop.shape)}${waiting(whenFull)}`;
}

/** Of a run: `open loop, Poisson arrivals, 20 pairs a second`. */
export function arrivalsText({ shape, rate, toRate, whenFull }: ArrivalSettings): string {
  const pace = rate === undefined ? "" : `, ${rate}${toRate === undefined ? "" : ` to ${toRate}`} pairs a second`;
  return `open loop, ${shapeName(shape)}${pace}${waiting(whenFull)}`;
}

function waiting(whenFull: ArrivalSettings["whenFull"]): string {
  return whenFull === "wait" ? ", waiting for a place where too many are in flight" : "";
}

/** A recording keeps no arrivals of a trace: its plan has them. */
function shapeName(shape: ArrivalShape): string {
  switch (shape.kind) {
    case "constant":
      return "arrivals at even gaps";
    case "poisson":
      return "Poisson arrivals";
    case "gamma":
      return `gamma arrivals of burstiness ${shape.burstiness}`;
    case "trace":
      return shape.arrivals.length === 0
        ? "arrivals of a trace"
        : `${shape.arrivals.length.toLocaleString("en-US")} ${shape.arrivals.length === 1 ? "arrival" : "arrivals"} of a trace`;
  }
}
