/** What all gates together say of a run. */
import type { Evidence, GateResult, Verdict } from "./judgement.js";

export interface RunVerdict {
  readonly verdict: Verdict | null;
  readonly reason: string;
  readonly notes: readonly string[];
}

/** A failed gate decides; then a machine that cannot be trusted; then what stayed open. Only what is whole can pass. */
export function verdictOf(
  gates: readonly GateResult[],
  { invalid, partial, quick }: Pick<Evidence, "invalid" | "partial" | "quick">,
): RunVerdict {
  if (gates.length === 0) {
    return { verdict: null, reason: "no gates: this report shows what was measured and decides nothing", notes: [] };
  }
  // What breaks a contract is no matter of degree, so it is told first.
  const of = (result: GateResult["result"]): GateResult[] =>
    gates.filter((gate) => gate.result === result).sort((a, b) => rank(a) - rank(b));
  const [failed, untrusted, open, passed, skipped] = [
    of("fail"),
    of("invalid"),
    of("inconclusive"),
    of("pass"),
    of("skipped"),
  ];
  const notes = notesOf({ failed, untrusted, open, skipped }, { invalid, partial, quick });
  const [firstFailed, firstOpen] = [failed[0], open[0]];
  if (firstFailed !== undefined) {
    return { verdict: "fail", reason: withCount(firstFailed.reason, "failed", failed.length, gates.length), notes };
  }
  if (untrusted.length > 0) {
    return {
      verdict: "invalid",
      reason: `latencies cannot be judged: ${invalid ?? "unknown"}`,
      notes,
    };
  }
  if (firstOpen !== undefined) {
    return {
      verdict: "inconclusive",
      reason: withCount(
        firstOpen.reason,
        open.length === 1 ? "is undecided" : "are undecided",
        open.length,
        gates.length,
      ),
      notes,
    };
  }
  if (passed.length === 0) {
    return { verdict: "inconclusive", reason: "a quick run asks contract gates alone, and there is none", notes };
  }
  if (partial !== null) {
    return { verdict: "inconclusive", reason: `a partial run can fail but not pass: ${partial}`, notes };
  }
  return { verdict: "pass", reason: passedReason(passed, skipped.length), notes };
}

function rank({ kind }: GateResult): number {
  return kind === "contract" ? 0 : 1;
}

function withCount(reason: string, what: string, count: number, of: number): string {
  return of === 1 ? reason : `${reason}; ${count} of ${of} gates ${what}`;
}

function passedReason(passed: readonly GateResult[], skipped: number): string {
  const [only] = passed;
  if (passed.length === 1 && skipped === 0 && only !== undefined) return only.reason;
  const all =
    skipped === 0
      ? `all ${passed.length} gates hold`
      : `${passed.length === 1 ? "the one contract gate holds" : `all ${passed.length} contract gates hold`}`;
  return skipped === 0 ? all : `${all}; ${skipped} of latency ${skipped === 1 ? "was" : "were"} not asked`;
}

function notesOf(
  {
    failed,
    untrusted,
    open,
    skipped,
  }: Readonly<Record<"failed" | "untrusted" | "open" | "skipped", readonly GateResult[]>>,
  { invalid, partial, quick }: Pick<Evidence, "invalid" | "partial" | "quick">,
): string[] {
  const notes: string[] = [];
  if (quick) notes.push("a quick run: three rounds, contract gates alone");
  if (invalid !== null && untrusted.length === 0 && skipped.length === 0) {
    notes.push(`no gate asks about latency, so this verdict stands, though none could be judged: ${invalid}`);
  } else if (untrusted.length > 0 && failed.length > 0) {
    notes.push(`${untrusted.length} of latency could not be judged: ${invalid ?? "unknown"}`);
  }
  if (partial !== null) notes.push(`a partial run can fail but not pass: ${partial}`);
  if (failed.length > 0 && open.length > 0)
    notes.push(`beside what failed, ${open.length} ${open.length === 1 ? "gate is" : "gates are"} undecided`);
  if (skipped.length > 0)
    notes.push(`${skipped.length} latency ${skipped.length === 1 ? "gate was" : "gates were"} not asked`);
  return notes;
}
