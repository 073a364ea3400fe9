/**
 * Cold starts that nobody planned are in no tail. Few of them change nothing; where they are many, what is left is not how
 * the endpoint answered, and a gate about times must not read it as if it were.
 */
import type { Comparison, Side } from "../compare/comparison.js";
import type { MeasuredQuestion } from "./answer.js";
import type { Held } from "./hold.js";

/** As for pairs that a shift has lost. */
const MAX_APART = 0.02;
/** What waits for a first token. */
const WAITED: ReadonlySet<string> = new Set(["ttfe", "ttft", "ttfa", "e2e", "ttft_intended", "e2e_intended"]);

/**
 * Why a gate that is decided by the answers in the tails is not decided after all; null where it is. One about one side that
 * fails without its slowest answers would fail with them too.
 */
export function apartReason(
  question: MeasuredQuestion,
  { result }: Pick<Held, "result">,
  comparison: Comparison,
): string | null {
  // A shift has counted what it lost by itself.
  if (question.subject !== "metric" || question.take === "shift" || !WAITED.has(question.name)) return null;
  if (result === "inconclusive") return null;
  const [baseline, candidate] = [apartOf(comparison, "baseline"), apartOf(comparison, "candidate")];
  if ("side" in question) {
    const own = question.side === "baseline" ? baseline : candidate;
    if (result === "fail" || own.share <= MAX_APART) return null;
    return `would pass, but ${own.says}`;
  }
  if (Math.abs(baseline.share - candidate.share) <= MAX_APART) return null;
  return `would ${result}, but ${(candidate.share > baseline.share ? candidate : baseline).says}`;
}

function apartOf(comparison: Comparison, side: Side): { readonly share: number; readonly says: string } {
  const own = comparison.side(side).filter(({ bucket }) => bucket !== "none");
  const apart = own.filter(({ bucket }) => bucket === "cold").length;
  return {
    share: own.length === 0 ? 0 : apart / own.length,
    says: `${apart} of ${own.length} requests of the ${side} were cold starts that nobody planned, and are in no tail`,
  };
}
