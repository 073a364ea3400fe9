/** How a configuration says when requests come: shapes of arrivals, the loads of a sweep, and traces that are read with it. */
import { readFileSync } from "node:fs";
import { resolve } from "node:path";
import type { SourceDocument } from "../core/document.js";
import { errorMessage, TwintailError } from "../core/errors.js";
import type { ConfigFile } from "./schema.js";
import type { ArrivalSettings, ArrivalShape, LoadSettings } from "./settings.js";
import { parseTrace } from "./trace.js";

type Written = NonNullable<ConfigFile["capture"]["arrivals"]> | ConfigFile["load"];

/** @throws TwintailError with the place of what contradicts itself. */
export function arrivalsOf(config: ConfigFile, document: SourceDocument, folder: string): ArrivalSettings | undefined {
  const { arrivals, order, spread, control } = config.capture;
  if (arrivals === undefined) return undefined;
  const at = ["capture", "arrivals"];
  const place = document.place(at, "key");
  const other = order === "serial" ? "order: serial" : spread > 0 ? "spread" : control ? "control" : null;
  if (other !== null) {
    throw new TwintailError({
      cause: `arrivals say when each pair goes, and so does ${other}`,
      place,
      remedy: "leave one of them out",
    });
  }
  const shape = shapeOf({ ...arrivals, shape: arrivals.shape }, at, document, folder);
  refuseIdle(arrivals, at, document);
  const { rate, toRate, maxInFlight, whenFull } = arrivals;
  refuseTooFewPlaces(arrivals, config, at, document);
  if (shape.kind !== "trace" && rate === undefined) {
    throw new TwintailError({ cause: "there is no rate", place, remedy: "give rate, in pairs a second" });
  }
  if (shape.kind === "trace" && (rate !== undefined || toRate !== undefined)) {
    throw new TwintailError({
      cause: "a trace has a rate of its own",
      place,
      remedy: "remove rate and toRate; speed plays it faster",
    });
  }
  return {
    shape,
    ...(rate === undefined ? {} : { rate }),
    ...(toRate === undefined ? {} : { toRate }),
    maxInFlight,
    whenFull,
  };
}

/** @throws TwintailError with the place of what contradicts itself, or of a trace that cannot be read. */
export function loadOf(config: ConfigFile, document: SourceDocument, folder: string): LoadSettings {
  const { load } = config;
  const at = ["load"];
  const { points, from, to, settle, window, maxInFlight, whenFull, mix } = load;
  if (from > to) {
    throw new TwintailError({
      cause: `the sweep would begin at ${from} and end at ${to}`,
      place: document.place(["load", "from"], "key"),
      remedy: "give a from up to to",
    });
  }
  if (window < 1_000) {
    throw new TwintailError({
      cause: "a window of less than a second measures nothing",
      place: document.place(["load", "window"], "key"),
      remedy: "give 30s, or as long as twenty answers take",
    });
  }
  const wholeOnly =
    load.shape === "closed" && [from, to, ...(points === "auto" ? [] : points)].find((each) => !Number.isInteger(each));
  if (typeof wholeOnly === "number") {
    throw new TwintailError({
      cause: `${wholeOnly} cannot be in flight`,
      place: document.place(["load", "shape"], "key"),
      remedy: "a closed loop takes whole numbers; constant and poisson take rates",
    });
  }
  refuseIdle(load, at, document);
  // A closed loop may be opened by --shape.
  refuseTooFewPlaces(load, config, at, document);
  const slo = config.load.slo;
  const [column, line] =
    slo === undefined ? [0, 0] : document.place(["load", "slo"], "text").split(":").reverse().map(Number);
  return {
    loop:
      load.shape === "closed"
        ? { kind: "closed" }
        : { kind: "open", shape: shapeOf({ ...load, shape: load.shape }, at, document, folder) },
    points,
    from,
    to,
    settleMs: settle,
    windowMs: window,
    maxInFlight,
    whenFull,
    ...(mix === undefined ? {} : { mix }),
    ...(slo === undefined ? {} : { slo: { text: slo, line: line ?? 0, column: column ?? 0 } }),
  };
}

/** Where arrivals wait, each thread has places of its own. */
function refuseTooFewPlaces(
  { maxInFlight, whenFull }: Written,
  { capture: { workers } }: ConfigFile,
  at: string[],
  document: SourceDocument,
): void {
  if (whenFull === "drop" || maxInFlight >= workers) return;
  throw new TwintailError({
    cause: `${workers} threads have no place each among ${maxInFlight} in flight`,
    place: document.place([...at, "maxInFlight"], "key"),
    remedy: "raise maxInFlight, or lower capture.workers",
  });
}

/** @throws TwintailError when something is written of a shape that this one is not. */
function refuseIdle({ shape, burstiness, trace, speed }: Written, at: string[], document: SourceDocument): void {
  const settings = [
    { name: "burstiness", of: "gamma", given: burstiness !== undefined },
    { name: "trace", of: "trace", given: trace !== undefined },
    { name: "speed", of: "trace", given: speed !== 1 },
  ] as const;
  const idle = settings.find(({ of, given }) => given && of !== shape);
  if (idle === undefined) return;
  throw new TwintailError({
    cause: `${shape === "closed" ? "a closed loop has" : `arrivals of shape ${shape} have`} no ${idle.name}`,
    place: document.place([...at, idle.name], "key"),
    remedy: `write shape: ${idle.of}, or leave it out`,
  });
}

function shapeOf(
  written: Pick<Written, "burstiness" | "trace" | "speed"> & { readonly shape: ArrivalShape["kind"] },
  at: readonly string[],
  document: SourceDocument,
  folder: string,
): ArrivalShape {
  const { shape, burstiness, trace, speed } = written;
  const needs = (name: string, remedy: string): TwintailError =>
    new TwintailError({
      cause: `arrivals of shape ${shape} need ${name}`,
      place: document.place([...at], "key"),
      remedy,
    });
  switch (shape) {
    case "constant":
    case "poisson":
      return { kind: shape };
    case "gamma":
      if (burstiness === undefined)
        throw needs("burstiness", "give burstiness: 1 is Poisson, 0.25 has gaps twice as uneven");
      return { kind: "gamma", burstiness };
    case "trace": {
      if (trace === undefined) throw needs("trace", "name the file");
      const file = resolve(folder, trace);
      return { kind: "trace", arrivals: parseTrace(readTrace(file, document.place([...at, "trace"])), trace, speed) };
    }
  }
}

function readTrace(file: string, place: string): string {
  try {
    return readFileSync(file, "utf8");
  } catch (error) {
    throw new TwintailError({ cause: `cannot read ${file}: ${errorMessage(error)}`, place, remedy: "mend the path" });
  }
}
