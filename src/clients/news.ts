/** Which results are news: bad on the candidate, where the baseline's answer to the same case was parsed. */
import { type ClientResult, isBad } from "../report/clients.js";

/** Marks them. The same thing on both sides is no reason against a cutover. */
export function markNews(results: readonly ClientResult[]): ClientResult[] {
  const parsed = new Set<string>();
  const known = new Set<string>();
  for (const result of results) {
    if (result.endpoint !== "baseline") continue;
    if (result.verdict === "parsed") parsed.add(place(result));
    else if (isBad(result)) known.add(`${place(result)} ${signature(result)}`);
  }
  return results.map((result) => ({
    ...result,
    new:
      result.endpoint === "candidate" &&
      isBad(result) &&
      parsed.has(place(result)) &&
      !known.has(`${place(result)} ${signature(result)}`),
  }));
}

function place({ client, call, variant, caseId }: ClientResult): string {
  return JSON.stringify([client, call, variant, caseId]);
}

/** What kind of thing happened, without the figures that differ from answer to answer. */
function signature({ verdict, lost, thrown }: ClientResult): string {
  return JSON.stringify([verdict, lost.map(({ what }) => what.replaceAll(/\d+/g, "N")), thrown?.name]);
}
