/** How often each verdict fell, by client, call and endpoint. */
import type { ClientResult, ClientRow } from "../report/clients.js";

/** One row a client, call and endpoint, in the order of the clients. */
export function tableOf(results: readonly ClientResult[]): ClientRow[] {
  const rows = new Map<string, ClientRow>();
  for (const { client, call, endpoint, verdict, unguarded } of results) {
    const key = JSON.stringify([client, call, endpoint]);
    const row = rows.get(key) ?? { client, call, endpoint, verdicts: noVerdicts(), unguarded: 0 };
    row.verdicts[verdict]++;
    if (unguarded !== null) row.unguarded++;
    rows.set(key, row);
  }
  const clients = [...new Set(results.map(({ client }) => client))];
  return [...rows.values()].sort(
    (a, b) =>
      clients.indexOf(a.client) - clients.indexOf(b.client) ||
      a.call.localeCompare(b.call, "en") ||
      a.endpoint.localeCompare(b.endpoint, "en"),
  );
}

function noVerdicts(): ClientRow["verdicts"] {
  return { parsed: 0, lost: 0, thrown: 0, swallowed: 0, error: 0, "not tested": 0 };
}
