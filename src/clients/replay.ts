/** All chosen answers through one client, each judged as it comes back. */
import { decodeAttempt } from "../decode/decode.js";
import { failureOf } from "../decode/failure.js";
import type { ClientResult } from "../report/clients.js";
import { callsFor } from "./calls.js";
import type { Observation } from "./observation.js";
import { PACKAGES } from "./packages.js";
import type { PreparedClient } from "./prepare.js";
import { type ClientProcess, startClientProcess } from "./process.js";
import { type Candidate, servedAnswer } from "./select.js";
import { judge } from "./verdict.js";

export interface ReplayLimits {
  /** For one answer in one call of one client; 20 s unless given. */
  readonly exchangeMs?: number;
  /** For one client in all; 10 min unless given. */
  readonly clientMs?: number;
  readonly stop?: AbortSignal;
}

const EXCHANGE_MS = 20_000;
const CLIENT_MS = 600_000;

/** @throws TwintailError when the library cannot be loaded. */
export async function replayAll(
  client: PreparedClient,
  fit: readonly Candidate[],
  options: ReplayLimits,
): Promise<ClientResult[]> {
  const process = await startClientProcess(client.sdk, options.exchangeMs ?? EXCHANGE_MS);
  const stop = (): void => process.stop();
  options.stop?.addEventListener("abort", stop, { once: true });
  const deadline = performance.now() + (options.clientMs ?? CLIENT_MS);
  try {
    const results: (readonly ClientResult[])[] = [];
    for (const each of fit) {
      if (options.stop?.aborted) break;
      results.push(await replayOne(client, each, process, deadline));
    }
    return results.flat();
  } finally {
    options.stop?.removeEventListener("abort", stop);
    process.stop();
  }
}

async function replayOne(
  { id, choice }: PreparedClient,
  { exchange, attempt, api, request }: Candidate,
  process: ClientProcess,
  deadline: number,
): Promise<readonly ClientResult[]> {
  const { endpoint, caseId, variant, round } = exchange;
  const completion = decodeAttempt(attempt, api, variant);
  const failure = failureOf(attempt, completion, api);
  const status = attempt.status ?? 200;
  const blank = { client: id, endpoint, caseId, variant, round, exchange: exchange.id, new: false };
  const notTested = (call: string, note: string): ClientResult => ({
    ...blank,
    ...{
      call,
      verdict: "not tested",
      lost: [],
      thrown: null,
      failure: failure?.message ?? null,
      unguarded: null,
      note,
    },
  });
  const calls = callsFor(choice.name, api, variant);
  if (calls.length === 0) return [notTested(api, `${PACKAGES[choice.name].at(-1)} does not speak this API`)];
  const results: ClientResult[] = [];
  for (const call of calls) {
    if (performance.now() > deadline) {
      results.push(notTested(call, "the time limit of this client was reached"));
      continue;
    }
    const answer = servedAnswer(attempt);
    const seen = await process.replay({ type: "replay", call, api, variant, request, answer });
    const { verdict, lost } = judge(choice.name, { completion, failure, status }, seen);
    results.push({
      ...blank,
      call,
      verdict,
      lost: [...lost],
      thrown: thrownIn(seen),
      failure: failure?.message ?? null,
      unguarded: seen.unguarded ?? null,
      note: noteOn(seen, status),
    });
  }
  return results;
}

function thrownIn({ thrown }: Observation): ClientResult["thrown"] {
  if (thrown === undefined) return null;
  const { name, message, where, status, code } = thrown;
  return { name, message, where, status, code };
}

function noteOn(seen: Observation, status: number): string | null {
  if (seen.absent) return "this version has no such call";
  if (status >= 300 && status < 400) return "outside a replay, fetch follows a redirect before the client sees it";
  return null;
}
