/**
 * Recordings of other projects' test suites → one JSON line an exchange, for `test/public-recordings.test.ts`.
 *
 *   node scripts/public-recordings.mjs CLONES OUT.jsonl
 *
 * CLONES is a folder that holds clones of vercel/ai, crmne/ruby_llm, simonw/llm and envoyproxy/ai-gateway under the
 * names that `git clone` gives them; one that is absent is left out. `test/recordings/public/README.md` has the commits.
 * Bytes are kept as they were recorded: text only where it round-trips, base64 otherwise.
 */
import { createHash } from "node:crypto";
import { existsSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { basename, join, relative } from "node:path";
import { gunzipSync } from "node:zlib";
import { parse } from "yaml";
import { statedByNextRequest, statedBySnapshot, statedBySpan } from "./public-expectations.mjs";

const SOURCES = [
  { repository: "vercel/ai", clone: "ai", folder: "packages", exchanges: fixture },
  { repository: "crmne/ruby_llm", clone: "ruby_llm", folder: "spec/fixtures/vcr_cassettes", exchanges: cassette },
  { repository: "simonw/llm", clone: "llm", folder: "tests/cassettes", exchanges: cassette },
  {
    repository: "envoyproxy/ai-gateway",
    clone: "ai-gateway",
    folder: "tests/internal/testopenai/cassettes",
    exchanges: cassette,
  },
];

/** The end of an OpenAI-shaped path → the name that the decoder knows it by. */
const APIS = [
  [/\/chat\/completions$/, "chat"],
  [/\/completions$/, "completions"],
  [/\/responses$/, "responses"],
  [/\/embeddings$/, "embeddings"],
];

/** What decides how a body is read, and what errors say; nothing that names an account. */
const KEPT_HEADERS = /^(content-type|content-encoding|transfer-encoding|retry-after|retry-after-ms|x-should-retry)$/;

const BINARY = { tag: "!binary", resolve: (text) => Buffer.from(text, "base64") };

const [clones, out] = process.argv.slice(2);
if (clones === undefined || out === undefined) {
  console.error("usage: node scripts/public-recordings.mjs CLONES OUT.jsonl");
  process.exit(2);
}

const lines = [];
for (const { repository, clone, folder, exchanges } of SOURCES) {
  const root = join(clones, clone);
  if (!existsSync(join(root, folder))) {
    console.log(`${repository}: no clone at ${root}, left out`);
    continue;
  }
  let files = 0;
  let found = 0;
  let taken = 0;
  for (const path of filesBelow(join(root, folder)).sort()) {
    const made = exchanges(path);
    if (made === null) continue;
    files++;
    found += made.found;
    taken += made.exchanges.length;
    for (const exchange of made.exchanges) lines.push({ repository, path: relative(root, path), ...exchange });
  }
  console.log(`${repository}: ${files} files, ${found} exchanges, ${taken} of OpenAI's shape`);
}
writeFileSync(out, lines.map((line) => `${JSON.stringify(line)}\n`).join(""));

function filesBelow(folder) {
  return readdirSync(folder, { withFileTypes: true, recursive: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name));
}

/** A YAML cassette of VCR (Ruby), vcrpy or go-vcr. */
function cassette(path) {
  if (!/\.ya?ml$/.test(path)) return null;
  const file = parse(readFileSync(path, "utf8"), { version: "1.1", customTags: [BINARY] });
  const interactions = file.http_interactions ?? file.interactions ?? [];
  const span = statedBySpan(path);
  const exchanges = [];
  interactions.forEach(({ request, response }, ordinal) => {
    const pathname = (request.uri ?? request.url).replace(/[?#].*$/, "");
    const api = APIS.find(([pattern]) => pattern.test(pathname))?.[1];
    if (api === undefined || request.method.toUpperCase() !== "POST") return;
    const asked = bytesOf(request.body).toString("utf8");
    const headers = Object.entries(response.headers ?? {}).flatMap(([name, values]) =>
      [values].flat().map((value) => [name.toLowerCase(), String(value)]),
    );
    let body = bytesOf(response.body);
    const coding = headers.findIndex(([name]) => name === "content-encoding");
    if (coding >= 0 && body[0] === 0x1f && body[1] === 0x8b) {
      body = gunzipSync(body);
      headers.splice(coding, 1);
    }
    const next = interactions[ordinal + 1]?.request;
    const stated = [
      ...(next === undefined ? [] : [statedByNextRequest(asked, bytesOf(next.body).toString("utf8"), api)]),
      span,
    ].filter((each) => each !== null);
    exchanges.push({
      ordinal,
      api,
      variant: /"stream"\s*:\s*true/.test(asked) ? "stream" : "body",
      endpoint: pathname.replace(/^https?:\/\//, ""),
      status: Number.parseInt(String(response.status?.code ?? response.code ?? response.status), 10),
      headers: headers.filter(([name]) => KEPT_HEADERS.test(name)),
      framing: "as recorded",
      stated,
      ...stored(body),
    });
  });
  return { found: interactions.length, exchanges };
}

function bytesOf(body) {
  const value = typeof body === "object" && body !== null && "string" in body ? body.string : body;
  return Buffer.from(value ?? "");
}

/** A fixture of vercel/ai: a body, or the events of a stream without their framing, which is put back. */
function fixture(path) {
  if (!path.includes("__fixtures__")) return null;
  const name = basename(path);
  const text = readFileSync(path, "utf8");
  if (name.endsWith(".sse")) return only(path, text, { api: "chat", variant: "stream", framing: "as recorded" });
  if (name.endsWith(".chunks.txt")) {
    const events = text.split("\n").filter((line) => line.trim() !== "");
    const api = apiOf(events);
    if (api === null) return { found: 1, exchanges: [] };
    const framed = events.map((data) => `${api === "responses" ? eventLine(data) : ""}data: ${data}\n\n`).join("");
    const body = api === "responses" ? framed : `${framed}data: [DONE]\n\n`;
    return only(path, body, { api, variant: "stream", framing: "put back" });
  }
  if (!name.endsWith(".json")) return null;
  const api = apiOf([text]);
  return api === null
    ? { found: 1, exchanges: [] }
    : only(path, text, { api, variant: "body", framing: "as recorded" });
}

function only(path, body, facts) {
  const snapshot = statedBySnapshot(path, body, facts.variant);
  const type = facts.variant === "stream" ? "text/event-stream" : "application/json";
  const exchange = {
    ordinal: 0,
    ...facts,
    endpoint: "",
    status: 200,
    headers: [["content-type", type]],
    stated: snapshot === null ? [] : [snapshot],
  };
  return { found: 1, exchanges: [{ ...exchange, ...stored(Buffer.from(body)) }] };
}

function eventLine(data) {
  const type = /"type":\s*"((?:response\.|error)[^"]*)"/.exec(data)?.[1];
  return type === undefined ? "" : `event: ${type}\n`;
}

/** The API whose words the first JSON with a telling shape uses; null for another provider's own format. */
function apiOf(texts) {
  for (const text of texts) {
    let value;
    try {
      value = JSON.parse(text);
    } catch {
      continue;
    }
    if (value === null || typeof value !== "object") return null;
    if (value.object === "response" || value.response?.object === "response") return "responses";
    if (typeof value.type === "string" && /^(response\.|error$)/.test(value.type)) return "responses";
    if (value.object === "text_completion") return "completions";
    if (Array.isArray(value.choices)) return "chat";
    if (value.object === "list" && value.data?.[0]?.object === "embedding") return "embeddings";
    if (Array.isArray(value.output) && "created_at" in value) return "responses";
    if (value.error !== undefined && typeof value.error === "object") return "chat";
  }
  return null;
}

/** The bytes, and their digest: the test names a recording by both. */
function stored(bytes) {
  const text = bytes.toString("utf8");
  const digest = createHash("sha256").update(bytes).digest("hex").slice(0, 16);
  return Buffer.from(text, "utf8").equals(bytes) ? { digest, text } : { digest, b64: bytes.toString("base64") };
}
