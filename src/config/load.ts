/** Reads `twintail.yaml` into {@link Settings}. Refuses, offline, what could leak a key or surprise a bill. */
import { readFileSync } from "node:fs";
import { isIP } from "node:net";
import { dirname, resolve } from "node:path";
import { checkDocument, parseDocument, readDocument, type SourceDocument } from "../core/document.js";
import { errorMessage, TwintailError } from "../core/errors.js";
import { arrivalsOf, loadOf } from "./arrivals.js";
import { type ConfigFile, configSchema } from "./schema.js";
import type { EndpointRole, EndpointSettings, GateText, ScaleDown, Settings } from "./settings.js";

/** @throws TwintailError with `file:line:column` of every mistake. */
export function loadSettings(path: string): Settings {
  return settingsOf(readDocument(path, "configuration"), dirname(resolve(path)));
}

/** As {@link loadSettings}, from text; `folder` is what relative paths are resolved against. */
export function parseSettings(text: string, folder: string, file = "twintail.yaml"): Settings {
  return settingsOf(parseDocument(text, file), folder);
}

function settingsOf(document: SourceDocument, folder: string): Settings {
  const config = checkDocument(document, configSchema);
  const gates: GateText[] = config.gates.map((text, index) => {
    const [column, line] = document.place(["gates", index], "text").split(":").reverse().map(Number);
    return { text, line: line ?? 0, column: column ?? 0 };
  });
  refuseThreadsWithLimits(config, document);
  const settings: Settings = {
    file: document.file,
    goldens: resolve(folder, config.goldens),
    endpoints: {
      baseline: endpointOf("baseline", config, document, folder),
      candidate: endpointOf("candidate", config, document, folder),
    },
    capture: captureOf(config, document, folder),
    load: loadOf(config, document, folder),
    judge: {
      gates,
      ...(config.traffic === undefined ? {} : { requestsPerDay: config.traffic.requestsPerDay }),
      ...(config.estimand === undefined ? {} : { estimand: ESTIMANDS[config.estimand] }),
    },
    ...(config.store === undefined ? {} : { store: config.store }),
  };
  for (const limit of ["maxCost", "maxCostPerMonth"] as const) {
    if (settings.capture[limit] === undefined) continue;
    for (const role of ["baseline", "candidate"] as const) {
      const price = settings.endpoints[role].price;
      if (price?.inputPerMTok === undefined || price.outputPerMTok === undefined) {
        throw new TwintailError({
          cause: `${limit} is set but the ${role} has no price per token`,
          place: document.place(["capture", limit], "key"),
          remedy: `give endpoints.${role}.price inputPerMTok and outputPerMTok, or remove ${limit}`,
        });
      }
    }
  }
  return settings;
}

const ESTIMANDS = { "these-prompts": "these prompts", "traffic-like-these": "traffic like these" } as const;

/** A limit is kept by whoever sends: threads that do not know of each other would pass it together. */
function refuseThreadsWithLimits({ capture, endpoints }: ConfigFile, document: SourceDocument): void {
  const limited = (["baseline", "candidate"] as const).find((role) => endpoints[role].limits !== undefined);
  if (capture.workers === 1 || limited === undefined) return;
  throw new TwintailError({
    cause: `limits of the ${limited} are kept by one capture thread, and there are ${capture.workers}`,
    place: document.place(["capture", "workers"], "key"),
    remedy: "use one, or remove the limits",
  });
}

function captureOf(config: ConfigFile, document: SourceDocument, folder: string): Settings["capture"] {
  const { capture } = config;
  const arrivals = arrivalsOf(config, document, folder);
  return {
    rounds: capture.rounds,
    spreadMs: capture.spread,
    concurrency: capture.concurrency,
    order: capture.order,
    prefix: capture.prefix,
    control: capture.control,
    warmup: capture.warmup,
    solo: capture.solo,
    once: capture.once,
    timeouts: {
      connectMs: capture.timeouts.connect,
      firstByteMs: capture.timeouts.firstByte,
      idleMs: capture.timeouts.idle,
      totalMs: capture.timeouts.total,
    },
    retry: capture.retry,
    maxBytesPerExchange: capture.maxBytesPerExchange,
    ...(capture.maxCost === undefined ? {} : { maxCost: capture.maxCost }),
    ...(capture.maxCostPerMonth === undefined ? {} : { maxCostPerMonth: capture.maxCostPerMonth }),
    ...(capture.seed === undefined ? {} : { seed: capture.seed }),
    ...(capture.deadline === 0 ? {} : { deadlineMs: capture.deadline }),
    ...(capture.maxRequests === undefined ? {} : { maxRequests: capture.maxRequests }),
    giveUpAfter: capture.giveUpAfter,
    ...(capture.workers === 1 ? {} : { workers: capture.workers }),
    ...(arrivals === undefined ? {} : { arrivals }),
  };
}

const SECRET_HEADER = /^(authorization|proxy-authorization|cookie|.*api[-_]?key.*|.*token.*|.*secret.*)$/i;
/** RFC 9110: a token, and visible ASCII with spaces between. */
const HEADER_NAME = /^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/;
const HEADER_VALUE = /^[\x21-\x7e](?:[\x20-\x7e]*[\x21-\x7e])?$/;
const PATH = /^\/[\w./{}~%:@!$&'()*+,;=-]*$/;
/** What the plan itself puts into a body: without it a request is another one. */
const OWN_FIELDS = new Set(["messages", "model", "prompt", "input", "stream"]);
const OWN_HEADERS = new Set([
  "expect",
  "te",
  "trailer",
  "upgrade",
  "keep-alive",
  "content-type",
  "content-length",
  "accept-encoding",
  "host",
  "connection",
  "transfer-encoding",
]);

function endpointOf(
  role: EndpointRole,
  config: ConfigFile,
  document: SourceDocument,
  folder: string,
): EndpointSettings {
  const written = config.endpoints[role];
  const path = ["endpoints", role];
  const url = baseUrlOf(written.baseUrl, document.place([...path, "baseUrl"]));
  if (url.protocol === "http:" && written.apiKeyEnv !== undefined && !isLoopback(url.hostname)) {
    throw new TwintailError({
      cause: `a key would be sent to ${url.host} in the clear`,
      place: document.place([...path, "baseUrl"]),
      remedy: "use https://",
    });
  }
  for (const [name, value] of Object.entries(written.headers)) {
    if (!HEADER_NAME.test(name) || !HEADER_VALUE.test(value)) {
      throw new TwintailError({
        cause: `header ${JSON.stringify(name)} cannot be sent as ${JSON.stringify(value)}`,
        place: document.place([...path, "headers", name], "key"),
        remedy: "use letters, digits and dashes in the name, and visible ASCII in the value",
      });
    }
    if (SECRET_HEADER.test(name)) {
      throw new TwintailError({
        cause: `header "${name}" looks like a secret, and headers are stored in the recording`,
        place: document.place([...path, "headers", name], "key"),
        remedy: "put the key into an environment variable and name it in apiKeyEnv",
      });
    }
    if (OWN_HEADERS.has(name.toLowerCase())) {
      throw new TwintailError({
        cause: `header "${name}" is set by twintail itself`,
        place: document.place([...path, "headers", name], "key"),
        remedy: "remove it",
      });
    }
  }
  if (written.requestIdHeader !== undefined && !HEADER_NAME.test(written.requestIdHeader)) {
    throw new TwintailError({
      cause: `"${written.requestIdHeader}" is no header name`,
      place: document.place([...path, "requestIdHeader"]),
      remedy: "write it as x-request-id",
    });
  }
  for (const [setting, names] of [
    ["omit", written.omit],
    ["rename", Object.entries(written.rename).flat()],
    ["extra", Object.keys(written.extra)],
  ] as const) {
    const own = names.find((name) => OWN_FIELDS.has(name));
    if (own !== undefined) {
      throw new TwintailError({
        cause: `${setting} changes "${own}", which every request needs as the plan makes it`,
        place: document.place([...path, setting], "key"),
        remedy: `take "${own}" out of ${setting}`,
      });
    }
  }
  checkPaths(written.paths, [...path, "paths"], document);
  checkKeyHeader(written.apiKeyHeader, document.place([...path, "apiKeyHeader"]));
  if (written.http2 && url.protocol === "http:") {
    throw new TwintailError({
      cause: "http2 needs TLS, and the address begins with http://",
      place: document.place([...path, "http2"], "key"),
      remedy: "remove http2, or use https://",
    });
  }
  const { wake, price, tier, apiKeyEnv, simulated, requestIdHeader, caFile, limits } = written;
  const scaleDown = scaleDownOf(written, [...path, "wake"], document);
  return {
    role,
    baseUrl: `${url.origin}${url.pathname.replace(/\/+$/, "")}`,
    query: url.search,
    models: written.models,
    streamUsage: written.streamUsage,
    rename: written.rename,
    omit: written.omit,
    extra: written.extra,
    paths: withoutUndefined(written.paths),
    apiKeyHeader: written.apiKeyHeader.toLowerCase(),
    proxyFrom: written.proxy,
    ...(caFile === undefined
      ? {}
      : { ca: readCertificates(resolve(folder, caFile), document.place([...path, "caFile"])) }),
    ...(written.http2 ? { http2: true as const } : {}),
    headers: Object.fromEntries(Object.entries(written.headers).map(([name, value]) => [name.toLowerCase(), value])),
    ...(requestIdHeader === undefined ? {} : { requestIdHeader: requestIdHeader.toLowerCase() }),
    ...(apiKeyEnv === undefined ? {} : { apiKeyEnv }),
    ...(tier === undefined ? {} : { tier }),
    ...(price === undefined ? {} : { price: withoutUndefined(price) }),
    ...(wake === undefined
      ? {}
      : {
          wake: {
            budgetMs: wake.budget ?? Math.min(DEFAULT_BUDGET_MS, wake.cap),
            capMs: wake.cap,
            ...(wake.idleAfter === undefined ? {} : { idleAfterMs: wake.idleAfter }),
            ...(wake.assumeIdle ? {} : { assumeIdle: false as const }),
          },
        }),
    ...(scaleDown === undefined ? {} : { scaleDown }),
    ...(limits === undefined ? {} : { limits: withoutUndefined(limits) }),
    ...(written.owned ? { owned: true as const } : {}),
    ...(simulated === undefined ? {} : { simulated }),
  };
}

const DEFAULT_BUDGET_MS = 480_000;

function scaleDownOf(
  { wake, apiKeyEnv }: ConfigFile["endpoints"]["baseline"],
  at: string[],
  document: SourceDocument,
): ScaleDown | undefined {
  if (wake === undefined) return undefined;
  const { scaleDown, assumeIdle, idleAfter, budget, cap } = wake;
  if (budget !== undefined && budget > cap) {
    throw new TwintailError({
      cause: "the budget is longer than the cap, at which a wake is given up",
      place: document.place([...at, "budget"], "key"),
      remedy: "give a budget up to the cap",
    });
  }
  if (!assumeIdle && scaleDown === undefined && idleAfter === undefined) {
    throw new TwintailError({
      cause: "assumeIdle is false, and nothing says how the endpoint falls asleep",
      place: document.place([...at, "assumeIdle"], "key"),
      remedy: "give idleAfter, or scaleDown",
    });
  }
  if (scaleDown === undefined) return undefined;
  const { command, url, method, withKey, timeout: timeoutMs } = scaleDown;
  if (command !== undefined) {
    return { kind: "command", command: command as [string, ...string[]], timeoutMs };
  }
  const place = document.place([...at, "scaleDown", "url"]);
  const parsed = URL.canParse(url ?? "") ? new URL(url ?? "") : null;
  if (parsed === null || !["http:", "https:"].includes(parsed.protocol)) {
    throw new TwintailError({
      cause: "this is no http or https address",
      place,
      remedy: "write it as https://host/path",
    });
  }
  if (withKey && apiKeyEnv !== undefined && parsed.protocol === "http:" && !isLoopback(parsed.hostname)) {
    throw new TwintailError({
      cause: `a key would be sent to ${parsed.host} in the clear`,
      place,
      remedy: "use https://, or leave withKey out",
    });
  }
  return { kind: "url", url: parsed.href, method, withKey, timeoutMs };
}

function checkPaths(paths: ConfigFile["endpoints"]["baseline"]["paths"], at: string[], document: SourceDocument): void {
  for (const [api, path] of Object.entries(paths)) {
    if (path === undefined || PATH.test(path)) continue;
    throw new TwintailError({
      cause: `${JSON.stringify(path)} is not a path below the base address`,
      place: document.place([...at, api]),
      remedy: "begin it with /, without query; {model} stands for the model",
    });
  }
}

function checkKeyHeader(name: string, place: string): void {
  if (HEADER_NAME.test(name) && !OWN_HEADERS.has(name.toLowerCase())) return;
  throw new TwintailError({
    cause: `"${name}" cannot carry a key`,
    place,
    remedy: "name the header as the provider does, such as api-key",
  });
}

/** Read with the configuration, so that a mistyped name is found before a run, and the thread that sends reads no file. */
function readCertificates(file: string, place: string): string {
  let text: string;
  try {
    text = readFileSync(file, "utf8");
  } catch (error) {
    throw new TwintailError({ cause: `cannot read ${file}: ${errorMessage(error)}`, place, remedy: "mend the path" });
  }
  if (!text.includes("-----BEGIN CERTIFICATE-----")) {
    throw new TwintailError({ cause: `${file} holds no certificate`, place, remedy: "give a file in PEM form" });
  }
  return text;
}

function withoutUndefined<T extends object>(value: T): { [K in keyof T]: Exclude<T[K], undefined> } {
  return Object.fromEntries(Object.entries(value).filter(([, inner]) => inner !== undefined)) as never;
}

function baseUrlOf(text: string, place: string): URL {
  let url: URL;
  try {
    url = new URL(text);
  } catch {
    throw new TwintailError({
      cause: `"${text}" is not a URL`,
      place,
      remedy: "write it as https://host/v1, without /chat/completions",
    });
  }
  if (url.protocol !== "https:" && url.protocol !== "http:") {
    throw new TwintailError({
      cause: `"${url.protocol}//" is not supported`,
      place,
      remedy: "use https:// or http://",
    });
  }
  if (url.username !== "" || url.password !== "") {
    throw new TwintailError({
      cause: "the address carries a user name or password, which would be stored",
      place,
      remedy: "put the key into an environment variable and name it in apiKeyEnv",
    });
  }
  if (/\/(chat\/completions|completions|embeddings|responses)\/?$/.test(url.pathname)) {
    throw new TwintailError({
      cause: `the address ends in an API path (${url.pathname})`,
      place,
      remedy: "give the base address only, usually ending in /v1",
    });
  }
  return url;
}

/** True for 127.0.0.0/8, ::1 and localhost. */
export function isLoopback(hostname: string): boolean {
  const host = hostname.replace(/^\[|\]$/g, "").toLowerCase();
  if (host === "localhost" || host === "::1") return true;
  return isIP(host) === 4 && host.startsWith("127.");
}
