/**
 * What other projects' test suites state about their recordings, in our words: the part of `public-recordings.mjs` that
 * reads their expectations. Each is `{by, content?, reasoning?, calls?, finishReason?, inputTokens?, outputTokens?}`,
 * with only what is stated; calls are `{id?, name, arguments}` with the arguments as JSON text.
 */
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";

/** The answer as the suite's own client understood it: the assistant's turn in the next request of the same conversation. */
export function statedByNextRequest(asked, next, api) {
  const before = turnsOf(asked, api);
  const after = turnsOf(next, api);
  if (before === null || after === null || after.length <= before.length) return null;
  if (!before.every((turn, index) => JSON.stringify(turn) === JSON.stringify(after[index]))) return null;
  const added = after.slice(before.length);
  const stated = { by: "next request", calls: [] };
  if (api === "chat") {
    // One answer may be told as several turns.
    const end = added.findIndex(({ role }) => role !== "assistant");
    const turns = end < 0 ? added : added.slice(0, end);
    if (turns.length === 0) return null;
    const text = turns.map(({ content }) => textOf(content)).join("");
    if (text !== "") stated.content = text;
    for (const { id, function: called } of turns.flatMap((turn) => turn.tool_calls ?? [])) {
      stated.calls.push({ id, name: called.name, arguments: called.arguments });
    }
    return stated;
  }
  let text = "";
  for (const item of added) {
    if (item.role === "assistant") text += textOf(item.content);
    else if (item.type === "function_call") {
      stated.calls.push({ id: item.call_id, name: item.name, arguments: item.arguments });
    } else if (item.type !== "reasoning") break;
  }
  if (text !== "") stated.content = text;
  return text === "" && stated.calls.length === 0 ? null : stated;
}

function turnsOf(text, api) {
  try {
    const body = JSON.parse(text);
    const turns = api === "chat" ? body.messages : api === "responses" ? body.input : null;
    return Array.isArray(turns) ? turns : null;
  } catch {
    return null;
  }
}

function textOf(content) {
  if (typeof content === "string") return content;
  if (!Array.isArray(content)) return "";
  return content.map((part) => (typeof part?.text === "string" ? part.text : "")).join("");
}

/** The span that OpenInference's own instrumentation made of the exchange, kept beside the cassettes of ai-gateway. */
export function statedBySpan(cassettePath) {
  const path = cassettePath.replace("testopenai/cassettes", "testopeninference/spans").replace(/\.yaml$/, ".json");
  if (path === cassettePath || !existsSync(path)) return null;
  const attributes = new Map(
    JSON.parse(readFileSync(path, "utf8")).attributes.map(({ key, value }) => [key, Object.values(value)[0]]),
  );
  const stated = { by: "span" };
  const take = (key, name, convert = (value) => value) => {
    if (attributes.has(key)) stated[name] = convert(attributes.get(key));
  };
  take("llm.output_messages.0.message.content", "content");
  take("llm.token_count.prompt", "inputTokens", Number);
  take("llm.token_count.completion", "outputTokens", Number);
  const calls = [];
  for (let i = 0; ; i++) {
    const prefix = `llm.output_messages.0.message.tool_calls.${i}.tool_call`;
    const name = attributes.get(`${prefix}.function.name`);
    if (name === undefined) break;
    calls.push({
      id: attributes.get(`${prefix}.id`),
      name,
      arguments: attributes.get(`${prefix}.function.arguments`),
    });
  }
  if (attributes.has("llm.output_messages.0.message.role")) stated.calls = calls;
  return Object.keys(stated).length > 1 ? stated : null;
}

// A snapshot's strings hold quotes and line ends as they are: a piece ends where the next key of its part stands.
const STREAM_PIECE =
  /"delta": "(?<text>(?:(?!",\n +"id": )[\s\S])*)",\n +"id": "[^"\n]*",(?:\n +"providerMetadata": (?:(?!\n +"type": )[\s\S])*)?\n +"type": "(?<kind>[a-z-]+)"/g;
const BODY_PIECE = /\n +"text": "(?<text>(?:(?!",\n +"type": )[\s\S])*)",\n +"type": "(?<kind>[a-z-]+)"/g;

const INLINE =
  /expect\(\s*((?:(?!expect\()[\s\S]){1,150}?),?\s*\)\s*\.toMatchInlineSnapshot\(\s*`((?:[^`\\]|\\[\s\S])*)`/g;
const WHOLE_ANSWER = /^(result(\.content)?|content|await convertReadableStreamToArray\((result\.)?stream\))$/;

const snapshots = new Map();

/** The snapshot of vercel/ai that names an id of the answer, and has all its parts: a whole stream, or all content. */
export function statedBySnapshot(fixturePath, body, variant) {
  const ids = new Set([...body.matchAll(/"id":\s*"([^"]{10,})"/g)].map(([, id]) => `"${id}"`));
  const found = snapshotsOf(dirname(dirname(fixturePath))).filter(({ text }) =>
    [...ids].some((id) => text.includes(id)),
  );
  const whole =
    variant === "stream" ? /"type": "stream-start"[\s\S]*"type": "finish"/ : /"type": "(text|reasoning|tool-call)"/;
  const snapshot = found.find(
    ({ text }) => whole.test(text) && text.includes('"type": "stream-start"') === (variant === "stream"),
  );
  if (snapshot === undefined) return null;
  const stated = { by: `snapshot ${snapshot.name}` };
  const { text } = snapshot;
  const answer = text.split(/\n +"finishReason": \{\n/)[0];
  const take = (name, kind) => {
    const pieces =
      variant === "stream"
        ? [...text.matchAll(STREAM_PIECE)].filter(({ groups }) => groups.kind === `${kind}-delta`)
        : [...answer.matchAll(BODY_PIECE)].filter(({ groups }) => groups.kind === kind);
    if (pieces.length > 0) stated[name] = pieces.map(({ groups }) => groups.text).join("");
  };
  take("content", "text");
  take("reasoning", "reasoning");
  stated.calls = callsIn(text);
  const finish = /"finishReason": \{\n\s+"raw": "([^"]*)"/.exec(text);
  if (finish !== null) stated.finishReason = finish[1];
  const input = /"inputTokens": \{[^}]*"total": (\d+)/.exec(text);
  if (input !== null) stated.inputTokens = Number(input[1]);
  const output = /"outputTokens": \{[^}]*"total": (\d+)/.exec(text);
  if (output !== null) stated.outputTokens = Number(output[1]);
  return stated;
}

/** Snapshots of a folder's tests, in files of their own and between the lines of the tests. */
function snapshotsOf(folder) {
  const known = snapshots.get(folder);
  if (known !== undefined) return known;
  const made = [];
  const add = (name, text) => made.push({ name, text: text.replace(/\\([\\`$])/g, "$1") });
  const files = existsSync(folder) ? readdirSync(folder) : [];
  for (const file of files.filter((name) => name.endsWith(".test.ts"))) {
    for (const [, shown, text] of readFileSync(join(folder, file), "utf8").matchAll(INLINE)) {
      // A part of an answer, or one that was changed, states nothing of the whole.
      if (WHOLE_ANSWER.test(shown.trim())) add(`within ${file}`, dedented(text));
    }
    const own = join(folder, "__snapshots__", `${file}.snap`);
    if (!existsSync(own)) continue;
    for (const [, name, text] of readFileSync(own, "utf8").matchAll(/^exports\[`([^`]*)`\] = `\n([\s\S]*?)\n`;$/gm)) {
      add(name, text);
    }
  }
  snapshots.set(folder, made);
  return made;
}

/** An inline snapshot is indented as a whole, also the later lines of its strings. */
function dedented(text) {
  const indent = /^\n( *)/.exec(text)?.[1] ?? "";
  return text.replaceAll(`\n${indent}`, "\n");
}

/** Calls of tools that the client runs: those that the provider ran itself say so. */
function callsIn(text) {
  const calls = [];
  const pattern =
    /\n( +)"input": "([\s\S]*?)",\n(?:\1"[a-zA-Z]+": (?:"[^"\n]*"|true|false|undefined|null),\n|\1"[a-zA-Z]+": \{\n[\s\S]*?\n\1\},\n)*?\1"toolCallId": "([^"]*)",\n\1"toolName": "([^"]*)",\n\1"type": "tool-call"/g;
  for (const [whole, , input, id, name] of text.matchAll(pattern)) {
    if (!whole.includes('"providerExecuted": true')) calls.push({ id, name, arguments: input });
  }
  return calls;
}
