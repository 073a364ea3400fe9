/** What a driver of one client library offers: every call, given a recorded answer, as an observation that never throws. */
import type { ReplayJob } from "./messages.js";
import type { Observation } from "./observation.js";

export interface Client {
  replay(job: ReplayJob): Promise<Observation>;
}

/** An observation while it is being made. */
export type OpenObservation = { -readonly [Key in keyof Observation]: Observation[Key] };

/** Imports a package as if from another file, so that each version is the one that stands beside that file. */
export type Import = (name: string) => Promise<Readonly<Record<string, unknown>>>;

/** Where recorded requests would have gone: an address that no resolver knows. */
export const NOWHERE = "http://recorded.invalid/v1";
export const NO_KEY = "recorded";
