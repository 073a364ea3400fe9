/** Flags about gates, and the exit codes of verdicts: on small recordings with known truth, and on one short run. */
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import { main } from "../../src/cli/program.js";
import type { JudgeSettings } from "../../src/config/settings.js";
import type { GoldenCase } from "../../src/golden/golden-set.js";
import type { Attempt, HeaderLine } from "../../src/recording/recording.js";
import type { Summary } from "../../src/report/summary.js";
import { attempt, content, exchange, finish, headerLine, usage } from "../recording/exchange-builder.js";
import { typedIn } from "../typed.js";

const folder = mkdtempSync(join(tmpdir(), "twintail-cli-gates-"));
afterAll(() => rmSync(folder, { recursive: true }));
let files = 0;

interface Ended {
  readonly code: number;
  readonly out: string;
  readonly err: string;
}

async function twintail(...args: string[]): Promise<Ended> {
  let [out, err] = ["", ""];
  const code = await main(args, {
    stdout: { write: (text) => (out += text) },
    stderr: { write: (text) => (err += text) },
    environment: {},
    onInterrupt: () => () => {},
  });
  return { code, out, err };
}

const file = (name: string, text: string): string => {
  const path = join(folder, name);
  writeFileSync(path, text);
  return path;
};

const CASE: GoldenCase = {
  id: "a",
  category: "c",
  tags: [],
  detects: "",
  api: "chat",
  variants: ["stream"],
  repeat: 1,
  prefix: "unique",
  request: { messages: [] },
  expect: { contains: "hello" },
};
const answer = (ttftMs: number): Attempt =>
  attempt({
    reads: [
      [ttftMs, content("hello")],
      [ttftMs + 10, finish() + usage(10, 1)],
    ],
  });
const failed = (): Attempt => attempt({ status: 500, reads: [[5, "{}"]] });

interface Recorded {
  readonly candidate?: (round: number) => Attempt;
  readonly gates?: readonly string[];
  readonly judge?: Partial<JudgeSettings>;
  readonly stalled?: boolean;
  readonly partial?: boolean;
}

/** Ten rounds of one case: the baseline takes 100 ms, the candidate 150. */
function recording({
  candidate = (round) => answer(150 + (round % 2)),
  gates = [],
  judge,
  stalled,
  partial,
}: Recorded = {}): string {
  const exchanges = Array.from({ length: 20 }, (_, id) => {
    const round = id >> 1;
    const role = id % 2 === 0 ? "baseline" : "candidate";
    const one = role === "baseline" ? answer(100 + (round % 3)) : candidate(round);
    return exchange([one], { id, pairId: round, caseId: "a", round, endpoint: role, arm: role });
  });
  const header: HeaderLine = {
    ...headerLine([CASE], exchanges),
    judge: { gates: gates.map((text, index) => ({ text, line: index + 1, column: 5 })), ...judge },
  };
  const lines = [
    header,
    { type: "segment", id: 0, hrtimeOriginNs: "0", wallClockMs: 0, bootId: "b", host: "h", shard: null },
    ...(partial ? exchanges.slice(0, 16) : exchanges),
    {
      type: "machine",
      segment: 0,
      fromNs: 0,
      toNs: 1e9,
      stalls: [],
      busyShare: 0.1,
      reads: 100,
      stalledReads: stalled ? 50 : 0,
      maxReadsPerTurn: 1,
    },
    ...(partial ? [] : [{ type: "end", segment: 0, atNs: 1e9, reason: "complete" }]),
  ];
  return file(`${files++}.jsonl`, lines.map((line) => `${JSON.stringify(line)}\n`).join(""));
}

const summaryOf = ({ out }: Ended): Summary => JSON.parse(out) as Summary;

describe("score ends with the exit code of the verdict", () => {
  it.each<[string, number, string | null, Recorded]>([
    ["without gates", 0, null, {}],
    ["where all hold", 0, "pass", { gates: ["ttfa shift < 2", "flips regressed == 0"] }],
    ["where one fails", 1, "fail", { gates: ["ttfa shift < 1.2", "flips regressed == 0"] }],
    ["where one is open", 3, "inconclusive", { gates: ["errors rate < 0.02", "ttfa shift < 2"] }],
    ["on a machine that stalled", 4, "invalid", { gates: ["ttfa shift < 1.2"], stalled: true }],
    [
      "on a machine that stalled, with contract gates alone",
      0,
      "pass",
      { gates: ["errors rate < 0.5"], stalled: true },
    ],
    ["of a part of a run that would pass", 3, "inconclusive", { gates: ["ttfa shift < 2"], partial: true }],
    ["of a part of a run that fails", 1, "fail", { gates: ["ttfa shift < 1.2"], partial: true }],
    ["where the candidate never answered", 4, "inconclusive", { gates: ["ttfa shift < 2"], candidate: failed }],
    ["where it never answered and a gate says so", 1, "fail", { gates: ["errors rate < 0.2"], candidate: failed }],
    ["of a quick run", 0, "pass", { gates: ["ttfa shift < 1.2", "flips regressed == 0"], judge: { quick: true } }],
  ])("%s: %d", async (_name, code, verdict, recorded) => {
    const ended = await twintail("score", recording(recorded), "--json");
    expect([ended.code, summaryOf(ended).verdict]).toEqual([code, verdict]);
  });

  it.each([
    ["pass", 0, ""],
    ["warn", 0, "warning: inconclusive: errors rate 0.0 %"],
    ["fail", 1, ""],
  ])("--inconclusive %s: %d", async (policy, code, warning) => {
    const path = recording({ gates: ["errors rate < 0.02"] });
    const ended = await twintail("score", path, "--inconclusive", policy);
    expect([ended.code, ended.err.slice(0, warning.length), warning === "" && ended.err !== ""]).toEqual([
      code,
      warning,
      false,
    ]);
    // It changes what an open verdict means, and no other.
    expect((await twintail("score", path, "--inconclusive", policy, "--gate", "ttfa shift < 1.2")).code).toBe(1);
    expect((await twintail("score", path, "--inconclusive", policy, "--gate", "ttfa shift < 2")).code).toBe(0);
  });

  it("--inconclusive takes three words", async () => {
    const { code, err } = await twintail("score", recording(), "--inconclusive", "maybe");
    expect([code, /Allowed choices are pass, warn, fail/.test(err)]).toEqual([2, true]);
  });
});

describe("score by other gates", () => {
  const path = recording({ gates: ["ttfa shift < 1.2"] });

  it("of the command line, which have no place", async () => {
    const ended = await twintail("score", path, "--json", "--gate", "ttfa shift < 2", "--gate", "e2e p50 < 1s");
    expect([ended.code, summaryOf(ended).gates.map(({ text, place }) => [text, place])]).toEqual([
      0,
      [
        ["ttfa shift < 2", null],
        ["e2e p50 < 1s", null],
      ],
    ]);
    const wrong = await twintail("score", path, "--gate", "ttfa shft < 2");
    expect([wrong.code, wrong.err]).toEqual([
      2,
      '--gate "ttfa shft < 2", column 6: "shft" is nothing that can be taken of a metric; did you mean "shift"?\n',
    ]);
  });

  const config = (gate: string): string =>
    file(
      `${files++}.yaml`,
      `goldens: none.yaml
endpoints:
  baseline: { baseUrl: "http://127.0.0.1:1", models: { default: m } }
  candidate: { baseUrl: "http://127.0.0.1:1", models: { default: m } }
gates:
  - ${gate}
`,
    );

  it("of a configuration, with their places in it", async () => {
    const ended = await twintail("score", path, "--json", "--config", config("ttfa shift < 2"));
    expect([ended.code, summaryOf(ended).gates[0]?.place]).toEqual([0, { line: 6, column: 5 }]);
    const broken = config("ttfa shift < 20%");
    const wrong = await twintail("score", path, "--config", broken);
    expect([wrong.code, wrong.err]).toEqual([
      2,
      expect.stringMatching(new RegExp(`^${broken}:6:20: a shift is a ratio`)),
    ]);
  });

  it("of one place only", async () => {
    const both = await twintail("score", path, "--gate", "ttfa shift < 2", "--config", config("ttfa shift < 2"));
    expect([both.code, both.err]).toEqual([
      2,
      "--gate: gates come from --gate and from --config; give one of the two\n",
    ]);
  });
});

const SET = file(
  "set.yaml",
  `name: small
cases:
  - id: one
    category: chat
    detects: nothing
    request: { messages: [{ role: user, content: hello }], max_tokens: 20 }
    stream: true
    expect: { contains: hello }
    reference: hello
`,
);
const plain = (baseUrl: string, gates: readonly string[]): string =>
  file(
    `${files++}.yaml`,
    `goldens: ${SET}
endpoints:
  baseline: { baseUrl: "${baseUrl}", models: { default: m } }
  candidate: { baseUrl: "${baseUrl}", models: { default: m } }
capture: { rounds: 10, spread: 1h, concurrency: 1, warmup: 0, retry: { attempts: 1 } }
gates:
${gates.map((gate) => `  - ${gate}\n`).join("")}`,
  );

describe("before anything is sent", () => {
  const NOWHERE = "http://127.0.0.1:1/v1";
  it.each([["check"], ["run", "--dry-run"]])(
    "%s refuses a gate that cannot be decided, and warns of one that can hardly pass",
    async (...command) => {
      const refused = await twintail(...command, plain(NOWHERE, ["tool_calls drop < 0.05"]));
      expect([refused.code, refused.out, refused.err]).toEqual([
        2,
        "",
        expect.stringMatching(/\.yaml:7:5: tool_calls drop has nothing to look at: no case/),
      ]);
      const warned = await twintail(...command, plain(NOWHERE, ["errors rate < 0.02"]));
      expect([warned.code, warned.out + warned.err]).toEqual([
        0,
        expect.stringMatching(/warning: .*\.yaml:7:5: it can fail, but never pass: none of 10 planned requests/),
      ]);
    },
  );

  it("run takes gates of the command line in place of the configuration's", async () => {
    const path = plain(NOWHERE, ["no gate at all"]);
    expect((await twintail("run", path, "--dry-run")).err).toMatch(/"no" is no metric/);
    expect(await twintail("run", path, "--dry-run", "--gate", "ttfa shift < 2")).toMatchObject({
      code: 0,
      err: expect.not.stringMatching(/ttfa/),
    });
    expect((await twintail("run", path, "--dry-run", "--gate", "ttfa shft < 2")).err).toMatch(
      /^--gate "ttfa shft < 2", column 6/,
    );
  });

  it("run --quick plans three rounds at once", async () => {
    const { out } = await twintail("run", plain(NOWHERE, ["flips regressed == 0"]), "--dry-run", "--quick");
    expect([/requests +3 +3\n/.test(out), /about \d/.test(out) && !/about .* h/.test(out)]).toEqual([true, true]);
  });
});

describe("init", () => {
  it("writes gates that its own golden set can decide", async () => {
    const fresh = mkdtempSync(join(folder, "init-"));
    await typedIn(fresh, ["init"]);
    const gates = readFileSync(join(fresh, "twintail.yaml"), "utf8").match(/^ {2}- .*$/gm) ?? [];
    expect(gates.length).toBeGreaterThan(1);
    const { out: checked } = await typedIn(fresh, ["check"]);
    expect([/twintail\.yaml:\d/.test(checked), checked.endsWith("ok\n")]).toEqual([false, true]);
  });
});

describe("a quick run", () => {
  it("asks contract gates alone, and scores again as it did", async () => {
    const { startSimProcess } = await import("../../dist/sim/process.js");
    const sim = await startSimProcess({ tier: "h100x2", goldens: SET });
    try {
      const path = plain(sim.baseUrl, ["ttfa shift < 0.01", "flips regressed == 0"]);
      const out = join(folder, "quick");
      const { code } = await typedIn(folder, ["run", path, "--quick", "--out", out, "--json"]);
      const [run = ""] = readdirSync(out);
      const report = JSON.parse(readFileSync(join(out, run, "report.json"), "utf8")) as Summary;
      expect([code, report.verdict, report.judgement.quick, report.run.rounds]).toEqual([0, "pass", true, 3]);
      expect(report.gates.map(({ result, place }) => [result, place?.line])).toEqual([
        ["skipped", 7],
        ["pass", 8],
      ]);
      const again = await twintail("score", join(out, run), "--json");
      expect([again.code, summaryOf(again)]).toEqual([0, report]);
    } finally {
      await sim.stop();
    }
  });
});
