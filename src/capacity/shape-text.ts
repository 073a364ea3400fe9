import type { LoadSettings } from "../config/settings.js";

/** How exchanges come, in words, without a full stop. */
export function shapeText({ loop, whenFull }: Pick<LoadSettings, "loop" | "whenFull">): string {
  if (loop.kind === "closed") return "closed loop, each lane sends again when it was answered";
  const waiting = whenFull === "wait" ? ", waiting for a place where too many are in flight" : "";
  return `open loop, ${arrivalsText(loop.shape)}${waiting}`;
}

function arrivalsText(shape: Extract<LoadSettings["loop"], { kind: "open" }>["shape"]): string {
  switch (shape.kind) {
    case "constant":
      return "arrivals at even gaps";
    case "poisson":
      return "Poisson arrivals";
    case "gamma":
      return `gamma arrivals of burstiness ${shape.burstiness}`;
    case "trace":
      return `${shape.arrivals.length.toLocaleString("en-US")} ${shape.arrivals.length === 1 ? "arrival" : "arrivals"} of a trace`;
  }
}
