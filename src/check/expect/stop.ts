import { shown } from "../evidence.js";
import { expectation } from "./expectation.js";

/** `stop_absent`: no stop sequence of the request stands in the answer, neither echoed nor ignored. */
export const stopAbsent = expectation("stop_absent", (expected, { completion, body }) => {
  const stops = [body.stop].flat().filter((stop): stop is string => typeof stop === "string" && stop !== "");
  if (stops.length === 0) return { met: null, detail: "the request has no stop sequence" };
  const echoed = stops.find((stop) => completion.content?.includes(stop));
  return {
    met: (echoed === undefined) === expected,
    detail:
      echoed === undefined
        ? `expected a stop sequence of ${shown(stops)} in the answer`
        : `the stop sequence ${shown(echoed)} stands in the answer`,
  };
});
