/**
 * The same answers in far fewer reads on one side. Each case is its own reference, so that short streams count too: the
 * rules of buffering.ts see one endpoint alone and need streams that take long. Depends on how bytes were cut into
 * reads, since that is what it is about.
 */
import { pairRule, type Rule, type WireView } from "./rule.js";
import { isWholeStream } from "./wire.js";

const MIN_EVENTS = 8;
/** Reads on one side over reads on the other, for as many events. */
const FEWER = 1 / 3;
const MIN_CASES = 3;
const MIN_SHARE = 0.5;
/** Beyond it no further case is looked at: a golden set has 20 to 50. */
const MAX_CASES = 1_000;

interface CaseReads {
  streams: number;
  events: number;
  reads: number;
}

type Account = Map<string, CaseReads>;

function count(account: Account, view: WireView): boolean {
  const { tokenEvents } = view.completion;
  if (!isWholeStream(view) || tokenEvents.length < MIN_EVENTS) return false;
  const { caseId } = view.exchange;
  const known = account.get(caseId) ?? { streams: 0, events: 0, reads: 0 };
  if (account.size >= MAX_CASES && known.streams === 0) return false;
  known.streams++;
  known.events += tokenEvents.length;
  known.reads += new Set(tokenEvents.map(({ read }) => read)).size;
  account.set(caseId, known);
  return true;
}

/** Reads for each token-bearing event, at most 1. */
const share = ({ events, reads }: CaseReads): number => reads / events;
const reads = (of: CaseReads): string => (mean(of.reads, of) === 1 ? "1 read" : `${mean(of.reads, of)} reads`);
const mean = (total: number, { streams }: CaseReads): number => Math.round(total / streams);

function compare(
  baseline: Account,
  candidate: Account,
): { evidence: string; endpoint: "baseline" | "candidate" } | null {
  const both = [...baseline.keys()].filter((caseId) => candidate.has(caseId)).sort();
  for (const [endpoint, own, other] of [
    ["candidate", candidate, baseline],
    ["baseline", baseline, candidate],
  ] as const) {
    const fewer = both.filter(
      (caseId) => share(own.get(caseId) as CaseReads) <= FEWER * share(other.get(caseId) as CaseReads),
    );
    const [shown] = fewer;
    if (shown === undefined || both.length < MIN_CASES || fewer.length < both.length * MIN_SHARE) continue;
    const [here, there] = [own.get(shown) as CaseReads, other.get(shown) as CaseReads];
    const evidence = `${fewer.length} of ${both.length} cases; ${shown}: ${mean(here.events, here)} token events in ${reads(here)}, on the other side ${mean(there.events, there)} in ${reads(there)}`;
    return { evidence, endpoint };
  }
  return null;
}

const fewerReads = pairRule<Account>(
  {
    id: "fewer-reads",
    subject: "delivery",
    severity: "differs",
    message:
      "the same answers come in a third as many reads or fewer as on the other side: events are held and delivered together",
    clients:
      "interfaces that show tokens as they come; the cause is a buffer on the way, or an engine that emits in bursts",
  },
  () => new Map(),
  count,
  compare,
);

export const fewerReadsRules: readonly Rule[] = [fewerReads];
