/** Rules about answers that were stored: their times are those of a cache, not of a model. */
import { header } from "../../recording/headers.js";
import { type Rule, rule, type WireView } from "./rule.js";

/** Exchanges beyond this id are not held against others: what is kept must not grow with the recording. */
const MAX_WATCHED_ID = 50_000;
const MAX_ID_LENGTH = 200;

/** Ids are unique by contract, so an id that comes again was stored: an answer cache, or a constant. */
const repeatedId: Rule = {
  id: "completion-id-repeated",
  subject: "delivery",
  severity: "differs",
  message:
    "different requests got the same completion id: a cache answered, or ids are made up, and logs cannot be joined",
  clients: "logs, traces and stores that take the id for a key",
  setting: "`prefix: unique` under `capture`, which is the default, keeps most answer caches out",
  watch() {
    const first = new Map<string, { exchangeId: number; caseId: string }>();
    return ({ exchange, completion }) => {
      const id = completion.id?.slice(0, MAX_ID_LENGTH) ?? "";
      if (id === "" || exchange.id > MAX_WATCHED_ID) return null;
      const own = { exchangeId: exchange.id, caseId: exchange.caseId };
      const known = first.get(id);
      if (known === undefined || own.exchangeId < known.exchangeId) first.set(id, own);
      if (known === undefined) return null;
      // In whatever order a recording is read, all but the lowest exchange of an id are its repetitions.
      const repeated = known.exchangeId > own.exchangeId ? known : own;
      return { evidence: `id: ${id}`, ...repeated };
    };
  },
};

/** Headers by which caches in front of a model say that they answered. */
const CACHE_HEADERS = [
  "cf-cache-status",
  "cf-aig-cache-status",
  "x-cache",
  "x-cache-status",
  "x-portkey-cache-status",
  "helicone-cache",
  "x-vercel-cache",
  "x-semantic-cache",
];

const cacheHit = rule(
  {
    id: "cache-hit",
    subject: "delivery",
    severity: "differs",
    message: "a cache answered in place of the model: its times are measured here, and old answers are served as new",
    clients: "everyone who compares latency, and clients that ask twice to get two answers",
    setting: "`headers` with the cache's own switch, such as `cache-control: no-cache`",
  },
  ({ attempt }: WireView) => {
    for (const name of CACHE_HEADERS) {
      const value = header(attempt, name);
      if (value !== null && /\bhit\b/i.test(value)) return `${name}: ${value}`;
    }
    const age = header(attempt, "age");
    return age !== null && /^\s*[1-9]\d*\s*$/.test(age) ? `age: ${age}` : null;
  },
);

export const cachingRules: readonly Rule[] = [repeatedId, cacheHit];
