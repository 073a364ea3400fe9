/** Is anything lost? The recording against itself, and against what the endpoints say that they sent. */
import { createReadStream } from "node:fs";
import { createInterface } from "node:readline";

async function* lines(file) {
  yield* createInterface({ input: createReadStream(file, "utf8"), crlfDelay: Number.POSITIVE_INFINITY });
}

/** What a recording holds: exchanges by id, and how each ended. */
export async function readExchanges(file) {
  const ended = new Map();
  const kinds = {};
  let end = null;
  for await (const text of lines(file)) {
    const line = JSON.parse(text);
    if (line.type === "end") end = line;
    if (line.type !== "exchange") continue;
    if (ended.has(line.id)) throw new Error(`exchange ${line.id} stands twice in the recording`);
    const { outcome, status } = line.attempts.at(-1);
    const kind =
      outcome.kind === "complete"
        ? `HTTP ${status}`
        : outcome.kind === "cancelled"
          ? `cut by the ${outcome.by}`
          : outcome.kind;
    kinds[kind] = (kinds[kind] ?? 0) + 1;
    ended.set(line.id, { attempts: line.attempts.length, complete: outcome.kind === "complete" && status === 200 });
  }
  return { ended, kinds, end };
}

/** Requests that an endpoint answered, by its send log: ids of exchange and attempt. */
export async function readServed(file) {
  const served = new Set();
  for await (const text of lines(file)) {
    const [, id] = /"requestId":"[^"]*-(\d+-\d+)"/.exec(text) ?? [];
    if (id !== undefined) served.add(id);
  }
  return served;
}

/**
 * What does not agree, one line each; empty when nothing is lost. Rows are released in the order of their ids, so those of
 * a run that ended by its deadline are all below the first that was not.
 */
export function disagreements(ended, served) {
  const said = [];
  const missing = [];
  for (let id = 0; id < ended.size; id++) if (!ended.has(id)) missing.push(id);
  if (missing.length > 0) said.push(`${missing.length} released rows have no exchange, the first is ${missing[0]}`);
  for (const [id, { attempts, complete }] of ended) {
    if (complete && !served.has(`${id}-${attempts - 1}`)) said.push(`no endpoint says that it answered exchange ${id}`);
  }
  for (const name of served) {
    const [id, attempt] = name.split("-").map(Number);
    if ((ended.get(id)?.attempts ?? 0) <= attempt) said.push(`an endpoint answered ${name}, which is not recorded`);
  }
  return said;
}
