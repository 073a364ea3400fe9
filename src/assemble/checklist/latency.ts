import type { ChecklistItem } from "../../report/decision.js";
import { type Answer, type Evidence, failed, notTested, plural, verified } from "./evidence.js";

export function latencyItems(evidence: Evidence): ChecklistItem[] {
  const item = (id: string, text: string, answer: Answer): ChecklistItem => ({
    id,
    group: "latency",
    item: text,
    ...answer,
  });
  return [
    item("percentiles", "p50, p95 and p99 to the first answer and to the end are known", percentiles(evidence)),
    item("latency-gates", "The tail is within the margins that were set", latencyGates(evidence)),
    item("timeouts-sized", "Timeouts are sized to the candidate", timeoutsSized(evidence)),
    item("cold-path", "The cold path is known: first request after idle", coldPath(evidence)),
  ];
}

function percentiles({ summary }: Evidence): Answer {
  const unknown: string[] = [];
  for (const name of ["ttfa", "e2e"]) {
    const tail = summary.metrics[name]?.warm?.candidate;
    if (!tail || tail.n === 0) return notTested(`no request of phase warm has ${name}`);
    for (const quantile of ["p50", "p95", "p99"] as const) {
      if (tail[quantile] !== null) continue;
      const note = tail.notes.find((each) => each.startsWith(`${quantile} `)) ?? "";
      if (note.includes("not reached")) return failed(`${name} ${note}`);
      unknown.push(`${name} ${quantile} (n = ${tail.n})`);
    }
  }
  if (unknown.length > 0) return notTested(`not known: ${unknown.join(", ")}; p95 needs 59 requests, p99 299`);
  return verified("from the candidate's own requests of phase warm");
}

function latencyGates({ summary }: Evidence): Answer {
  const gates = summary.gates.filter(({ kind, result }) => kind === "latency" && result !== "skipped");
  if (gates.length === 0) return notTested("no gate asks about latency");
  const of = (result: string) => gates.filter((gate) => gate.result === result);
  const [bad, open] = [of("fail"), gates.filter(({ result }) => result === "inconclusive" || result === "invalid")];
  if (bad.length > 0) return failed(`${bad.length} of ${plural(gates.length, "gate")} failed: ${bad[0]?.text ?? ""}`);
  if (open.length > 0)
    return notTested(`${open.length} of ${plural(gates.length, "gate")} could not be decided: ${open[0]?.text ?? ""}`);
  return verified(`${plural(gates.length, "gate")} passed`);
}

/** A run's own timeout that was reached is a limit that the candidate does not keep. */
function timeoutsSized({ summary, own, header }: Evidence): Answer {
  const reached = own.filter(({ failure }) => failure?.kind === "timeout");
  if (reached.length > 0) {
    const ms = header.capture.timeouts.totalMs;
    return failed(
      `${reached.length} of ${plural(own.length, "request")} reached the limits of this run itself, ${ms / 1_000} s in all`,
    );
  }
  const sized = summary.timeouts.suggested.filter(({ timeout }) => timeout !== "cold");
  const blank = sized.filter(({ ms }) => ms === null);
  if (blank.length > 0) {
    return notTested(`no bound for ${blank.map(({ timeout }) => timeout).join(", ")}: ${blank[0]?.basis ?? ""}`);
  }
  return verified("connect, first byte, idle and total: see the suggested timeouts");
}

function coldPath({ summary, header }: Evidence): Answer {
  const trials = summary.cold.candidate;
  if (trials.length === 0) {
    return notTested(
      "no cold trial: set `endpoints.candidate.wake` if it scales to zero, and leave it idle before the run",
    );
  }
  const lost = trials.filter(({ verdict }) => verdict === "failed");
  if (lost.length > 0)
    return failed(
      `${lost.length} of ${plural(trials.length, "trial")} had no token: ${lost[0]?.note.slice(0, 120) ?? ""}`,
    );
  const limits = header.endpoints.candidate.wake;
  const wakesOf = (own: typeof trials): number[] => own.flatMap(({ wakeMs }) => wakeMs ?? []);
  const seenOf = (wakes: readonly number[]): string =>
    `longest of ${plural(wakes.length, "wake")} ${(Math.max(...wakes) / 1_000).toFixed(1)} s`;
  const broken = wakesOf(trials.filter(({ budget }) => budget === "broken"));
  if (broken.length > 0) return failed(`${seenOf(broken)}, over its budget of ${(limits?.budgetMs ?? 0) / 1_000} s`);
  const wakes = wakesOf(trials.filter(({ verdict, budget }) => verdict === "cold" && !(limits && budget === null)));
  const unknown = trials.find(({ verdict }) => verdict !== "not cold");
  if (wakes.length === 0 && unknown !== undefined) {
    return notTested(
      `${plural(trials.length, "trial")}, none of which tells what a wake takes: ${unknown.note.slice(0, 120)}`,
    );
  }
  if (wakes.length === 0)
    return notTested(`${plural(trials.length, "trial")}, none of them cold: leave the endpoint idle for longer`);
  const budget = limits?.budgetMs;
  const seen = seenOf(wakes);
  return verified(budget === undefined ? seen : `${seen}, within its budget of ${budget / 1_000} s`);
}
