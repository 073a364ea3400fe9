/**
 * `junit.xml`: one test case a gate, in what the Ant schema and Jenkins' own both allow. Identity is the suite's name and
 * the gate's text, both the same every night, so that a server can tell a new failure from an old one; what differs from
 * run to run stands in properties.
 */
import { printable } from "../core/printable.js";
import { courseLines } from "./course.js";
import type { GateSummary } from "./decision.js";
import { modelsLine, partialLine, SIDES } from "./facts.js";
import { gateEvidence } from "./gate-evidence.js";
import { headline } from "./headline.js";
import type { Summary } from "./summary.js";

const MAX_MESSAGE = 1_000;
const MAX_TEXT = 8_000;

/** Ends in a line feed. Without gates the suite has no test. */
export function renderJunit(summary: Summary): string {
  const { run, gates } = summary;
  const count = (...results: GateSummary["result"][]): number =>
    gates.filter(({ result }) => results.includes(result)).length;
  const suite = attributes({
    name: `twintail ${run.goldenSet.name}`,
    package: "twintail",
    id: "0",
    // The Ant schema permits no zone here: it is UTC, and `created` below says so.
    timestamp: timestampOf(run.createdAt),
    hostname: token(run.host) || "localhost",
    tests: String(gates.length),
    failures: String(count("fail")),
    errors: String(count("invalid")),
    skipped: String(count("inconclusive", "skipped")),
    time: (Math.max(0, run.durationMs) / 1_000).toFixed(3),
  });
  const said = [...headline(summary), partialLine(run), ...courseLines(summary)]
    .filter((line) => line !== null)
    .join("\n");
  const lines = [
    '<?xml version="1.0" encoding="UTF-8"?>',
    "<testsuites>",
    `  <testsuite ${suite}>`,
    "    <properties>",
    ...properties(summary).map(([name, value]) => `      <property ${attributes({ name, value })}/>`),
    "    </properties>",
    ...testCases(summary),
    `    <system-out>${references(legal(said, MAX_TEXT))}</system-out>`,
    "    <system-err></system-err>",
    "  </testsuite>",
    "</testsuites>",
  ];
  return `${lines.join("\n")}\n`;
}

function properties({ run, verdict, verdictReason, judgement, endpoints }: Summary): [name: string, value: string][] {
  return [
    ["run", run.runId],
    ["created", run.createdAt],
    ["verdict", verdict ?? "none"],
    ["verdict reason", verdictReason],
    ["look", `${judgement.look} of ${judgement.looks}`],
    ["confidence of each bound", String(judgement.confidence)],
    ["estimand", judgement.estimand],
    ...SIDES.flatMap((side): [string, string][] => [
      [side, endpoints[side].baseUrl],
      [`${side} models`, modelsLine(endpoints[side])],
    ]),
    ["golden set", run.goldenSet.name],
    ["golden set digest", run.goldenSet.digest],
    ["rounds", String(run.rounds)],
    ["recorded of planned", `${run.recorded} of ${run.planned}`],
    ["ended", run.endedMessage === null ? run.ended : `${run.ended}: ${run.endedMessage}`],
    ...run.stopped.map(({ endpoint, kind, last, notSent }): [string, string] => [
      `${endpoint} given up`,
      `${kind}, ${last}, ${notSent} not sent`,
    ]),
    ["taken up again", String(run.resumed.times)],
    ["store", run.store],
    ["twintail", run.versions.twintail],
  ];
}

function testCases({ gates, judgement }: Summary): string[] {
  const seen = new Map<string, number>();
  return gates.flatMap((gate) => {
    const text = token(gate.text);
    const times = (seen.get(text) ?? 0) + 1;
    seen.set(text, times);
    const name = times === 1 ? text : `${text} (${times})`;
    // A gate is judged in no time of its own; the suite's is that of the run.
    const opening = `    <testcase ${attributes({ name, classname: `twintail.${gate.kind}`, time: "0" })}`;
    if (gate.result === "pass") return [`${opening}/>`];
    const message = `${gate.result === "skipped" ? "" : `${gate.result}: `}${gate.reason}`;
    if (gate.result === "inconclusive" || gate.result === "skipped") {
      return [`${opening}>`, `      <skipped ${attributes({ message })}/>`, "    </testcase>"];
    }
    const element = gate.result === "fail" ? "failure" : "error";
    const evidence = references(legal(gateEvidence(gate, judgement).join("\n"), MAX_TEXT));
    return [
      `${opening}>`,
      `      <${element} ${attributes({ message, type: "gate" })}>${evidence}</${element}>`,
      "    </testcase>",
    ];
  });
}

function timestampOf(createdAt: string): string {
  const ms = Date.parse(createdAt);
  return new Date(Number.isFinite(ms) ? ms : 0).toISOString().slice(0, 19);
}

function attributes(given: Readonly<Record<string, string>>): string {
  return Object.entries(given)
    .map(([name, value]) => `${name}="${references(token(value))}"`)
    .join(" ");
}

/** As the schemas want names, and as every parser reads an attribute: single spaces, none at either end. */
function token(text: string): string {
  return legal(text, MAX_MESSAGE).replace(/\s+/g, " ").trim();
}

/** What XML 1.0 allows in a document; with the flag `u`, half a surrogate pair is a character of its own. */
const ILLEGAL = /[^\t\n\r\u{20}-\u{d7ff}\u{e000}-\u{fffd}\u{10000}-\u{10ffff}]/gu;

/** Control characters become visible escapes; what is then still illegal is dropped. */
function legal(text: string, maxCharacters: number): string {
  const seen = printable(text.slice(0, maxCharacters)).replace(ILLEGAL, "");
  // Escapes are longer than what they stand for, and a cut may leave half a surrogate pair.
  return seen.length > maxCharacters || text.length > maxCharacters
    ? `${seen.slice(0, maxCharacters - 1).replace(ILLEGAL, "")}…`
    : seen;
}

const REFERENCES: Readonly<Record<string, string>> = {
  "&": "&amp;",
  "<": "&lt;",
  ">": "&gt;",
  '"': "&quot;",
  "'": "&apos;",
};

function references(text: string): string {
  return text.replace(/[&<>"']/g, (character) => REFERENCES[character] ?? "");
}
