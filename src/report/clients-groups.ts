/** Results that say the same thing, told once: the same loss of forty cases is one line, not forty. */
import { type ClientResult, type ClientVerdict, isBad } from "./clients.js";

export interface ClientGroup {
  readonly verdict: ClientVerdict;
  readonly new: boolean;
  /** What was lost, or what was thrown, without the figures that differ. */
  readonly what: string;
  /** Client → its calls. */
  readonly clients: ReadonlyMap<string, ReadonlySet<string>>;
  readonly cases: ReadonlySet<string>;
  readonly endpoints: ReadonlySet<ClientResult["endpoint"]>;
  /** The first of them, as evidence. */
  readonly example: ClientResult;
}

const GRAVITY: readonly ClientVerdict[] = ["swallowed", "thrown", "lost", "error"];

/** New on the candidate first, then by gravity, then by how many cases. */
export function clientGroups(results: readonly ClientResult[]): readonly ClientGroup[] {
  const groups = new Map<string, OpenGroup>();
  for (const result of results) {
    if (!isBad(result) && !(result.verdict === "error" && result.lost.length > 0)) continue;
    const what = whatOf(result);
    const key = JSON.stringify([result.new, result.verdict, what]);
    const group = groups.get(key) ?? open(result, what);
    groups.set(key, group);
    group.clients.set(result.client, (group.clients.get(result.client) ?? new Set()).add(result.call));
    group.cases.add(result.caseId);
    group.endpoints.add(result.endpoint);
  }
  return [...groups.values()].sort(
    (a, b) =>
      Number(b.new) - Number(a.new) ||
      GRAVITY.indexOf(a.verdict) - GRAVITY.indexOf(b.verdict) ||
      b.cases.size - a.cases.size,
  );
}

interface OpenGroup extends ClientGroup {
  readonly clients: Map<string, Set<string>>;
  readonly cases: Set<string>;
  readonly endpoints: Set<ClientResult["endpoint"]>;
}

function open(example: ClientResult, what: string): OpenGroup {
  const { verdict, new: isNew } = example;
  return { verdict, new: isNew, what, clients: new Map(), cases: new Set(), endpoints: new Set(), example };
}

function whatOf({ verdict, lost, thrown, failure }: ClientResult): string {
  if (verdict === "swallowed") return (failure ?? "").replaceAll(/\d+/g, "…").slice(0, 120);
  if (verdict === "thrown" && thrown !== null) {
    return `${thrown.name}: ${thrown.message.replaceAll(/\d+/g, "…").slice(0, 120)}`;
  }
  const parts = lost.map(({ what }) =>
    what
      .replace(/^\d+ of \d+ characters of /, "characters of ")
      .replace(/ differs from .*/, " differs")
      .replace(/^tool call \d+/, "tool call"),
  );
  return [...new Set(parts)].join(", ");
}
