/**
 * The table of contents of `twintail clients`: recorded answers go through real client libraries, and what each made of
 * them is held against our own decoding. Nothing is sent.
 */

import { markNews } from "./clients/news.js";
import { type PrepareOptions, prepareClients } from "./clients/prepare.js";
import { type ReplayLimits, replayAll } from "./clients/replay.js";
import { ExchangeSelector, type Selection } from "./clients/select.js";
import { tableOf } from "./clients/table.js";
import { TwintailError } from "./core/errors.js";
import { readRecording } from "./recording/reader.js";
import type { ClientResult, ClientsReport } from "./report/clients.js";

export interface ClientsOptions extends Selection, PrepareOptions, ReplayLimits {}

/**
 * Replays a recording through client libraries.
 * @throws TwintailError when it cannot be read, an SDK is missing or cannot be installed, or none of them runs here.
 */
export async function replayThroughClients(path: string, options: ClientsOptions): Promise<ClientsReport> {
  const selector = new ExchangeSelector(options);
  const { header } = readRecording(path, (exchange, head) => selector.add(exchange, head));
  const chosen = selector.chosen();
  const fit = chosen.filter(({ unfit }) => unfit === null);
  if (fit.length === 0) {
    throw new TwintailError({
      cause: "the recording holds no warm answer that can be replayed",
      place: path,
      remedy: "give another recording, or another --endpoint",
    });
  }
  const clients = await prepareClients(options);
  const results: ClientResult[][] = [];
  const unloadable = new Map<string, TwintailError>();
  for (const client of clients) {
    if (client.sdk.unusable !== null) continue;
    options.onProgress?.(`replaying ${fit.length} answers through ${client.id}`);
    try {
      results.push(await replayAll(client, fit, options));
    } catch (error) {
      // One that cannot be loaded is told beside the others.
      if (!(error instanceof TwintailError)) throw error;
      unloadable.set(client.id, error);
    }
  }
  const [first] = unloadable.values();
  if (results.length === 0 && first !== undefined) throw first;
  const marked = markNews(results.flat());
  return {
    schemaVersion: 1,
    run: { id: header.runId, goldenSet: header.goldenSet.name, node: process.versions.node },
    clients: clients.map(({ id, choice, sdk }) => ({
      id,
      asked: choice.label,
      packages: { ...sdk.versions },
      unusable: sdk.unusable ?? unloadable.get(id)?.message ?? null,
    })),
    table: tableOf(marked),
    results: marked,
    notReplayed: chosen.flatMap(({ exchange: { endpoint, caseId, variant }, unfit }) =>
      unfit === null ? [] : [{ endpoint, caseId, variant, reason: unfit }],
    ),
  };
}
