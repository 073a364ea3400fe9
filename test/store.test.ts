/** What a recording that leaves texts out still says, and that a mask never makes a verdict. */
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { main } from "../dist/cli/program.js";
import { extendRun, prepareExtension } from "../dist/extend.js";
import {
  loadGoldenSet,
  parseSettings,
  prepareRun,
  renderJson,
  run,
  type SimProcess,
  score,
  startSimProcess,
} from "../dist/index.js";
import { TwintailError } from "../src/core/errors.js";
import { renderHtml } from "../src/report/html.js";
import { score as scored } from "../src/score.js";
import { ReplayBook } from "../src/sim/replay/book.js";
import { linesOf, writeStored } from "./redact/stored-file.js";

const folder = mkdtempSync(join(tmpdir(), "twintail-store-"));
const LLAMA = join(import.meta.dirname, "recordings/llama-cpp.jsonl");
const RECORDINGS = [LLAMA, join(import.meta.dirname, "recordings/llama-cpp-apis.jsonl")];

const goldens = join(folder, "set.yaml");
writeFileSync(
  goldens,
  `name: small
defaults: { temperature: 0, max_tokens: 100, stream: true }
cases:
  - id: capital
    category: closed-form
    detects: a wrong answer
    request: { messages: [{ role: user, content: "Which is the capital of Norway?" }], user: "alice" }
    expect: { icontains: oslo, finish_reason: [stop] }
    reference: Oslo is the capital of Norway.
  - id: call
    category: tools
    detects: a call that is not made
    request:
      messages: [{ role: user, content: "Weather in Rome?" }]
      tools: [{ type: function, function: { name: weather, parameters: { type: object, properties: { city: { type: string } }, required: [city], additionalProperties: false } } }]
    expect: { tool_calls: [{ name: weather, arguments: { city: Rome } }] }
    reference: { tool_calls: [{ name: weather, arguments: { city: Rome } }] }
  - id: personal
    category: closed-form
    detects: an address that is not repeated
    request: { messages: [{ role: user, content: "Repeat the address." }] }
    expect: { contains: jane.doe@example.com }
    reference: Write to jane.doe@example.com, please.
`,
);

let sims: SimProcess[] = [];
beforeAll(async () => {
  sims = await Promise.all([1, 2].map((seed) => startSimProcess({ tier: "h100x2", goldens, seed })));
});
afterAll(async () => {
  await Promise.all(sims.map((sim) => sim.stop()));
  rmSync(folder, { recursive: true });
});

const GATES = ["expectations rate > 0.5", "tool_calls rate > 0.5", "flips regressed == 0", "errors rate < 0.99"];

function configured(more: string): string {
  const [a, b] = sims as [SimProcess, SimProcess];
  return `goldens: ${goldens}
endpoints:
  baseline: { baseUrl: "${a.baseUrl}", models: { default: m } }
  candidate: { baseUrl: "${b.baseUrl}", models: { default: m }, headers: { x-team: search } }
capture: { rounds: 3, concurrency: 2, warmup: 0, solo: { requests: 0 }, seed: 5 }
gates: ${JSON.stringify(GATES)}
${more}
`;
}

const runWith = (name: string, more: string, environment: Readonly<Record<string, string>> = {}) =>
  run(prepareRun(parseSettings(configured(more), folder)), { resultsFolder: join(folder, name), environment });

/** What says nothing of texts. */
function timings({ summary }: ReturnType<typeof scored>) {
  const { metrics, failures, retries, cold, timeouts, cost, endpoints, validity } = summary;
  const { expectations: _, json_valid: __, tool_calls: ___, tool_trigger: ____, ...rates } = summary.rates;
  const { tool_schema: _____, tool_value: ______, ...others } = rates;
  return {
    metrics: withoutReadings(metrics),
    failures: withoutReadings(failures),
    retries,
    cold,
    timeouts,
    cost,
    endpoints,
    validity,
    rates: withoutReadings(others),
  };
}

/** Without words of errors, and without what Holm's correction says: it is over all tests, those of expectations among them. */
function withoutReadings(value: unknown): unknown {
  const left = /^(?:message|p|p_?holm|adjusted|reads)$/i;
  return JSON.parse(JSON.stringify(value, (key, each: unknown) => (left.test(key) ? undefined : each)));
}

describe("a recording of metadata", () => {
  it.each(RECORDINGS)("has the timings, failures and findings of the whole one: %s", (file) => {
    const whole = scored(file);
    const shape = scored(writeStored(file, join(folder, "metadata.jsonl"), "metadata"));
    expect(timings(shape)).toEqual(timings(whole));
    const rules = ({ summary }: typeof whole) =>
      summary.findings.map(({ rule, sides, exchanges }) => [rule, sides, exchanges]);
    expect(rules(shape)).toEqual(rules(whole));
    expect(shape.summary.parity).toMatchObject({ pairs: 0, outputs: null, flips: [] });
    expect(shape.summary.rates.expectations?.candidate.of ?? 0).toBe(0);
  });

  it("holds no word of prompts and answers", () => {
    const file = writeStored(LLAMA, join(folder, "words.jsonl"), "metadata");
    const text = readFileSync(file, "utf8");
    const words = new Set<string>();
    const exchanges = linesOf(LLAMA).flatMap((line) => (line.type === "exchange" ? line.attempts : []));
    for (const { reads } of exchanges) {
      for (const [, bytes] of reads) {
        for (const [, said] of `${bytes}`.matchAll(/"content":"((?:[^"\\]|\\.)*)"/g)) {
          for (const word of (said ?? "").match(/[a-z]{6,}/gi) ?? []) words.add(word);
        }
      }
    }
    const [header] = linesOf(file);
    const names = JSON.stringify(header);
    const left = [...words].filter((word) => text.includes(`${word} `) && !names.includes(word));
    expect(words.size).toBeGreaterThan(5);
    expect(left).toEqual([]);
  });
});

describe("a redacted recording", () => {
  it("is judged as the whole one with its golden set, and shows no texts", () => {
    const [header] = linesOf(LLAMA);
    if (header?.type !== "header") throw new Error("no header");
    const whole = scored(LLAMA);
    const file = writeStored(LLAMA, join(folder, "redacted.jsonl"), "redacted");
    const report = scored(file, { goldenSet: header.goldenSet });
    expect(report.summary.rates).toEqual(whole.summary.rates);
    expect(report.summary.verdict).toBe(whole.summary.verdict);
    expect(report.summary.findings).toEqual(whole.summary.findings);
    expect(report.summary.parity.rungs).toEqual(whole.summary.parity.rungs);
    const page = renderHtml(report);
    expect(page).toContain("Texts are not on this page: store is redacted.");
    expect(page).not.toMatch(/<pre|<del>|<ins>|reasoning, baseline/);
    expect(JSON.stringify(report.details)).not.toContain("messages");
    expect(renderHtml(whole)).toMatch(/<pre/);
  });

  it("says why nothing was held against expectations without one, and refuses another", () => {
    const file = writeStored(LLAMA, join(folder, "alone.jsonl"), "redacted");
    const gates = GATES.map((text) => ({ text, line: 0, column: 0 }));
    const { summary } = scored(file, { gates });
    expect(summary.rates.expectations?.candidate.of ?? 0).toBe(0);
    const why = "the recording holds digests only; give the golden set with --goldens";
    for (const gate of summary.gates.slice(0, 3)) {
      expect(gate).toMatchObject({ result: "inconclusive", reason: expect.stringContaining(why) });
    }
    expect(summary.gates[3]?.result).toBe("pass");
    expect(summary.checklist.find(({ id }) => id === "golden-prompts")).toMatchObject({ status: "not tested" });
    const other = { ...loadGoldenSet(goldens).set };
    expect(() => scored(file, { goldenSet: other })).toThrow(TwintailError);
  });

  it("never judges an answer in which something was masked", async () => {
    const { recording, report } = await runWith("masked", "store: redacted");
    const exchanges = linesOf(recording).flatMap((line) => (line.type === "exchange" ? [line] : []));
    const masked = exchanges.filter((each) => (each.masked ?? 0) > 0);
    expect(new Set(masked.map(({ caseId }) => caseId))).toEqual(new Set(["personal"]));
    expect(readFileSync(recording, "utf8")).not.toContain("jane.doe");
    const { summary, details } = report;
    // Three rounds of two other cases: what was masked is in no rate, no pair and no flip.
    expect(summary.rates.expectations).toMatchObject({ baseline: { count: 6, of: 6 }, candidate: { count: 6, of: 6 } });
    expect(summary.parity.pairs).toBe(6);
    expect(summary.gates.map(({ result }) => result)).not.toContain("fail");
    const views = details.cases.find(({ id }) => id === "personal")?.pairs ?? [];
    expect(views.map(({ baseline, parity }) => [baseline?.check.excluded, parity])).toEqual(
      views.map(() => ["personal data in the answer was masked", null]),
    );
  });

  it("and its run has the report of `score --goldens`, byte for byte; CI=true is enough to ask for it", async () => {
    const { recording, report } = await runWith("same", "", { CI: "true" });
    expect(report.summary.run.store).toBe("redacted");
    const { set } = loadGoldenSet(goldens);
    expect(renderJson(score(recording, { goldenSet: set }).summary)).toBe(renderJson(report.summary));
    const out: string[] = [];
    const io = {
      stdout: { write: (text: string) => out.push(text) },
      stderr: { write: () => {} },
      environment: {},
      onInterrupt: () => () => {},
    };
    await main(["score", recording, "--goldens", goldens, "--json"], io);
    expect(out.join("")).toBe(renderJson(report.summary));
    const text = readFileSync(recording, "utf8").split("\n")[0] ?? "";
    for (const word of ["Norway", "oslo", "alice", "weather", "additionalProperties", "search", "wrong answer"]) {
      expect(text, word).not.toContain(word);
    }
    expect(() => new ReplayBook({ recording })).toThrow(/digests/);
    expect(new ReplayBook({ recording, fallback: "nearest" }).size).toBeGreaterThan(0);
  });

  it("goes on as what it was begun as", async () => {
    const { recording } = await runWith("extended", "store: redacted");
    const settings = parseSettings(configured(""), folder);
    const extended = await extendRun(prepareExtension(settings, { rounds: 2, of: recording }), { environment: {} });
    expect(extended.report.summary.run).toMatchObject({ store: "redacted", rounds: 5, partial: false });
    expect(extended.report.summary.rates.expectations?.candidate.of).toBe(10);
    expect(readFileSync(recording, "utf8")).not.toMatch(/Norway\?|jane\.doe/);
    const other = parseSettings(configured("store: full"), folder);
    await expect(extendRun(prepareExtension(other, { rounds: 1, of: recording }), { environment: {} })).rejects.toThrow(
      /store/,
    );
  });
});

describe("everything in a run folder", () => {
  it.each([0o022, 0o000])("is its owner's alone, with a umask of %o", async (mask) => {
    const before = process.umask(mask);
    try {
      const config = join(folder, "twintail.yaml");
      writeFileSync(config, configured("store: redacted"));
      const io = {
        stdout: { write: () => {} },
        stderr: { write: () => {} },
        environment: {},
        onInterrupt: () => () => {},
      };
      const results = join(folder, `umask-${mask}`);
      const history = join(folder, `history-${mask}`);
      await main(["run", config, "--out", results, "--history", history], io);
      const [name = ""] = readdirSync(results);
      await main(["run", config, "--out", results, "--baseline", join(results, name)], io);
      await main(["trend", history, "--out", join(history, "trend.html")], io);
      const seen: string[] = [];
      const look = (path: string): void => {
        const stat = statSync(path);
        seen.push(path.slice(folder.length));
        expect(stat.mode & 0o777, path).toBe(stat.isDirectory() ? 0o700 : 0o600);
        if (stat.isDirectory()) for (const each of readdirSync(path)) look(join(path, each));
      };
      look(results);
      look(history);
      for (const file of [
        "recording.jsonl",
        "report.html",
        "junit.xml",
        "exchanges.csv",
        "compare.json",
        ".hgrm",
        "nights.jsonl",
        "trend.html",
      ]) {
        expect(
          seen.some((path) => path.endsWith(file)),
          file,
        ).toBe(true);
      }
    } finally {
      process.umask(before);
    }
  });
});
