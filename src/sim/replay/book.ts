/** The recorded exchanges of one endpoint, and which of them answers a request. Knows neither time nor sockets. */
import { canonicalJson, digestOf } from "../../core/digest.js";
import { TwintailError } from "../../core/errors.js";
import { NS_PER_MS } from "../../core/units.js";
import type { Api } from "../../golden/golden-set.js";
import { withoutNonce } from "../../golden/nonce.js";
import { requestKey } from "../../golden/request-key.js";
import { readRecording } from "../../recording/reader.js";
import type { Attempt, Exchange, HeaderLine, SegmentLine } from "../../recording/recording.js";
import type { ReplayOptions } from "./options.js";

type Body = Readonly<Record<string, unknown>>;

/** One recorded attempt that answers one request. */
export interface Take {
  readonly exchange: Exchange;
  readonly attempt: Attempt;
}

/** Why nothing recorded answers a request. */
export type Miss = "unknown" | "exhausted";

interface Entry {
  readonly exchange: Exchange;
  readonly attempts: readonly Attempt[];
  readonly toolChoice: string;
  /** Everything that was asked but model, nonce and what an endpoint's settings add to a stream. */
  readonly whole: string;
  readonly startedNs: number;
  /** The next attempt to serve. */
  next: number;
  /** The same for requests that it is merely the nearest of. */
  nextNearest: number;
}

export const API_PATHS: readonly (readonly [path: string, api: Api])[] = [
  ["/chat/completions", "chat"],
  ["/completions", "completions"],
  ["/responses", "responses"],
  ["/embeddings", "embeddings"],
];

const bySegment = (a: Entry, b: Entry): number => a.exchange.segment - b.exchange.segment || a.startedNs - b.startedNs;

function byWallClock(segments: readonly SegmentLine[]): (a: Entry, b: Entry) => number {
  const originMs = new Map(segments.map(({ id, wallClockMs }) => [id, wallClockMs]));
  const at = ({ exchange, startedNs }: Entry): number => (originMs.get(exchange.segment) ?? 0) + startedNs / NS_PER_MS;
  return (a, b) => at(a) - at(b) || a.exchange.id - b.exchange.id;
}

export class ReplayBook {
  readonly #entries = new Map<string, Entry[]>();
  readonly #byShape = new Map<string, Entry[]>();
  readonly #turns = new Map<string, number>();
  readonly #loop: boolean;
  readonly runId: string;
  readonly models: readonly string[];
  /** Where the API began, `/v1` for most; several where the model is part of the path. In the order of their first use. */
  readonly basePaths: readonly [string, ...string[]];
  /** Ids of the cases that can be served, sorted. */
  readonly cases: readonly string[];
  readonly size: number;

  /** @throws TwintailError when the recording cannot be read. */
  constructor(options: ReplayOptions) {
    this.#loop = options.loop === true;
    const role = options.endpoint ?? "candidate";
    const all: { entry: Entry; api: Api; key: string; basePath: string }[] = [];
    const { header, segments } = readRecording(options.recording, (exchange, frame) => {
      if (exchange.endpoint !== role || exchange.phase === "probe") return;
      // A wake is no answer of a warm endpoint.
      if (exchange.phase === "cold" && options.cold !== true) return;
      const template = frame.requests[exchange.requestId];
      const [path, api] = API_PATHS.find(([one]) => template?.path.endsWith(one)) ?? [];
      if (template === undefined || path === undefined || api === undefined) return;
      const attempts = exchange.attempts.filter(({ outcome }) => outcome.kind !== "staleConnection");
      const [first] = attempts;
      if (first === undefined) return;
      const { body } = template;
      const entry: Entry = {
        exchange,
        attempts,
        toolChoice: canonicalJson(body.tool_choice),
        whole: wholeKey(api, body),
        startedNs: first.dispatchedAtNs,
        next: 0,
        nextNearest: 0,
      };
      const basePath = template.path.slice(0, -path.length);
      all.push({ entry, api, key: keyOf(api, body, exchange.variant), basePath });
    });
    if (header.store !== undefined && options.fallback !== "nearest")
      throw holdsNoPrompts(options.recording, header.store);
    // Lines stand in the order in which exchanges ended; they are served in the order in which they began.
    // Shards ran beside one another, and meet on the wall clock.
    const place = header.shards === undefined ? bySegment : byWallClock(segments);
    all.sort((a, b) => place(a.entry, b.entry));
    for (const { entry, api, key } of all) {
      addTo(this.#entries, key, entry);
      addTo(this.#byShape, shapeOf(api, entry.exchange.variant), entry);
    }
    this.runId = header.runId;
    this.models = modelsOf(header, role);
    const [first = "/v1", ...others] = new Set(all.map(({ basePath }) => basePath));
    this.basePaths = [first, ...others];
    this.cases = [...new Set(all.map(({ entry }) => entry.exchange.caseId))].sort();
    this.size = all.length;
  }

  /** The attempt that is next for this request. */
  take(api: Api, body: Body): Take | Miss {
    const entries = this.#entries.get(keyOf(api, body, variantOf(body)));
    if (entries === undefined) return "unknown";
    const candidates = closest(entries, wholeKey(api, body), canonicalJson(body.tool_choice));
    const next = nextOf(candidates);
    if (next !== undefined) return takeFrom(next);
    if (!this.#loop) return "exhausted";
    for (const one of candidates) one.next = 0;
    return takeFrom(candidates[0] as Entry);
  }

  /** What some case of the same API and variant got, each in its turn; cancelled ones only where there is nothing else. */
  takeNearest(api: Api, body: Body): Take | Miss {
    const shape = shapeOf(api, variantOf(body));
    const all = this.#byShape.get(shape) ?? [];
    const entries = firstOf(answered(all).filter(isUsual), answered(all), all);
    if (entries.length === 0) return "unknown";
    const begun = entries.find((one) => one.nextNearest > 0 && one.nextNearest < one.attempts.length);
    const turn = this.#turns.get(shape) ?? 0;
    if (begun === undefined) this.#turns.set(shape, turn + 1);
    const entry = begun ?? (entries[turn % entries.length] as Entry);
    const at = begun === undefined ? 0 : entry.nextNearest;
    entry.nextNearest = at + 1;
    return { exchange: entry.exchange, attempt: entry.attempts[at] as Attempt };
  }
}

/** A request is known by its prompt, and an id is a digest of more than another client sends. */
function holdsNoPrompts(recording: string, store: string): TwintailError {
  return new TwintailError({
    cause: `the recording holds digests of its prompts (store is ${store}), so that no request can be told by them`,
    place: recording,
    remedy: "give --fallback nearest, which answers any prompt",
  });
}

function takeFrom(entry: Entry): Take {
  const attempt = entry.attempts[entry.next] as Attempt;
  entry.next++;
  return { exchange: entry.exchange, attempt };
}

/** Attempts of one exchange belong together: a retry gets what the retry got. */
function nextOf(entries: readonly Entry[]): Entry | undefined {
  return entries.find((one) => one.next > 0 && one.next < one.attempts.length) ?? entries.find((one) => one.next === 0);
}

/** The request key leaves much out: of what it finds, the entries whose requests are most like this one. */
function closest(entries: readonly Entry[], whole: string, toolChoice: string): readonly Entry[] {
  const alike = entries.filter((one) => one.whole === whole);
  const usable = firstOf(answered(entries), entries);
  const chosen = usable.filter((one) => one.toolChoice === toolChoice);
  return firstOf(answered(alike), alike, chosen.filter(isUsual), chosen, usable.filter(isUsual), usable);
}

/** The first of the lists that has something; the last one whatever it has. */
function firstOf(...lists: readonly (readonly Entry[])[]): readonly Entry[] {
  return lists.find((list) => list.length > 0) ?? [];
}

function answered(entries: readonly Entry[]): readonly Entry[] {
  return entries.filter(({ exchange }) => !isCancelled(exchange));
}

/** A solo request has a limit of its own on the answer, and a warm-up is there for the endpoint, not for its answer. */
function isUsual({ exchange: { phase } }: Entry): boolean {
  return phase !== "solo" && phase !== "warmup";
}

function isCancelled({ attempts }: Exchange): boolean {
  return attempts.at(-1)?.outcome.kind === "cancelled";
}

function variantOf(body: Body): Exchange["variant"] {
  return body.stream === true ? "stream" : "body";
}

function shapeOf(api: Api, variant: Exchange["variant"]): string {
  return `${api}/${variant}`;
}

function keyOf(api: Api, body: Body, variant: Exchange["variant"]): string {
  // An embedding has no variant: whichever the plan calls it, it is one body.
  return `${api === "embeddings" ? "" : variant}/${requestKey(api, body)}`;
}

function wholeKey(api: Api, body: Body): string {
  const { model: _, stream_options: __, user: ___, ...rest } = withoutNonce(api, body);
  return digestOf(rest);
}

function addTo(map: Map<string, Entry[]>, key: string, entry: Entry): void {
  const list = map.get(key);
  if (list === undefined) map.set(key, [entry]);
  else list.push(entry);
}

function modelsOf(header: HeaderLine, role: "baseline" | "candidate"): readonly string[] {
  return [...new Set(Object.values(header.endpoints[role].models).filter((model) => model !== null))];
}
