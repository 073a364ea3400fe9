import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  annotations,
  SUMMARY_LIMIT_BYTES,
  stepOutputs,
  stepSummary,
  workflowCommand,
} from "../../src/report/github.js";
import { commandsIn, outputsIn } from "../ci/runner.js";
import { gate, gatedReport } from "./gated.js";

const HOSTILE = "::set-output name=a::b\n::add-mask::c\r##[add-path]d, 100 % e:f,g \u001b[31m\u202e";

/** Texts that come near to a command, or are one. */
const nearly = fc
  .array(
    fc.constantFrom(
      "::",
      ":",
      "##[",
      "##",
      "#",
      "[",
      "]",
      "\n",
      "\r",
      " ",
      "\t",
      "\u200b",
      "\u00a0",
      "%0A",
      "%3A",
      "x",
      ",",
      "=",
      "set-output",
    ),
    { maxLength: 24 },
  )
  .map((parts) => parts.join(""));

describe("annotations", () => {
  it("are one error for each failed gate, at its place, with its evidence", () => {
    const gates = [gate(), gate({ result: "pass" }), gate({ result: "inconclusive" }), gate({ result: "skipped" })];
    expect(annotations(gatedReport(gates, "fail").summary, "bench/twintail.yaml")).toEqual([
      "::error file=bench/twintail.yaml,line=31,col=5,title=Gate failed%3A ttfa shift < 1.20::" +
        "fail: the candidate takes at least 1.25 times as long%0Agate: ttfa shift < 1.20, line 31 of the configuration%0A" +
        "seen: 1.31%0Abounds: lower bound 1.25, upper bound 1.38, one-sided, each at 98.3 %25%0Amargin: < 1.20%0A" +
        "sample: n = 380 over 10 rounds, method rounds%0Areads: slower%0Awould have decided: pass at 1.13, fail at 1.27",
    ]);
  });

  it("name no file for a gate of the command line, or outside the repository", () => {
    const at = (place: { line: number; column: number } | null, file: string | null) =>
      commandsIn(annotations(gatedReport([gate({ place })], "fail").summary, file).join("\n"))[0]?.properties;
    expect(at(null, "twintail.yaml")).toEqual({ title: "Gate failed: ttfa shift < 1.20" });
    expect(at({ line: 3, column: 5 }, null)).toEqual({ title: "Gate failed: ttfa shift < 1.20" });
    expect(at({ line: 3, column: 5 }, "a, b: c.yaml")).toMatchObject({ file: "a, b: c.yaml", line: "3", col: "5" });
  });

  it("are ten at most, the last of which names the rest", () => {
    const failed = (count: number) =>
      annotations(
        gatedReport(
          Array.from({ length: count }, (_, index) => gate({ text: `gate ${index + 1}` })),
          "fail",
        ).summary,
        "twintail.yaml",
      );
    expect(failed(10).map((line) => commandsIn(line)[0]?.properties.title)).toEqual(
      Array.from({ length: 10 }, (_, index) => `Gate failed: gate ${index + 1}`),
    );
    const [last] = commandsIn(failed(12).at(-1) ?? "");
    expect(failed(12)).toHaveLength(10);
    expect(last?.properties.title).toBe("3 more gates failed");
    expect(last?.data.split("\n").map((line) => line.split(":")[0])).toEqual(["gate 10", "gate 11", "gate 12"]);
  });

  it.each(["inconclusive", "invalid"] as const)("are one warning when the verdict is %s", (verdict) => {
    const lines = annotations(
      gatedReport([gate({ result: verdict, reason: "too few rounds" })], verdict).summary,
      null,
    );
    expect(commandsIn(lines.join("\n"))).toMatchObject([
      { name: "warning", data: expect.stringContaining("ttfa shift < 1.20: too few rounds") },
    ]);
  });

  it.each(["pass", null] as const)("are none when the verdict is %s", (verdict) => {
    expect(annotations(gatedReport([gate({ result: "pass" })], verdict).summary, "twintail.yaml")).toEqual([]);
  });

  it("keep a hostile text inside their own data", () => {
    const { summary } = gatedReport([gate({ text: HOSTILE, reason: HOSTILE, notes: [HOSTILE] })], "fail");
    const commands = commandsIn(annotations(summary, "a:b,c.yaml").join("\n"));
    expect(commands.map(({ name }) => name)).toEqual(["error"]);
    expect(Object.keys(commands[0]?.properties ?? {})).toEqual(["file", "line", "col", "title"]);
  });

  it("stay whole whatever they are made of: the runner reads back what was written", () => {
    fc.assert(
      fc.property(nearly, nearly, nearly, (file, title, data) => {
        const line = workflowCommand("error", { file, title }, data);
        expect(line).not.toMatch(/[\r\n]/);
        const [command] = commandsIn(line);
        expect(command?.name).toBe("error");
        expect(command?.data).toBe(data);
        // Escapes that a text brings along are read back as they were: `%` itself is escaped.
        // The runner trims the end of the last property.
        expect(command?.properties.title ?? "").toBe(title.replace(/[ \t\u00a0]+$/, ""));
      }),
    );
  });

  it("are bounded", () => {
    const long = "%\n".repeat(100_000);
    const gates = Array.from({ length: 40 }, () => gate({ text: long, reason: long, notes: Array(50).fill(long) }));
    const lines = annotations(gatedReport(gates, "inconclusive").summary, "twintail.yaml");
    for (const line of lines) expect(line.length).toBeLessThan(10_000);
  });
});

describe("the step summary", () => {
  const report = `# Fail: a gate failed.\n\nWhat was seen.\n\n## Flips\n\n${"flip é\n".repeat(2_000)}\n## Tails\n\n\`\`\`\n# no heading\n\`\`\`\n${"tail\n".repeat(2_000)}`;
  const bytes = Buffer.byteLength(report);

  it("is the whole report where it fits, apart from what is there", () => {
    expect(stepSummary(report, 0)).toBe(`\n\n${report}`);
    expect(stepSummary(report, SUMMARY_LIMIT_BYTES - bytes - 2)).toBe(`\n\n${report}`);
  });

  it("ends before a section where it does not, and says so", () => {
    const cut = stepSummary(report, SUMMARY_LIMIT_BYTES - bytes - 1) ?? "";
    expect(cut).toContain("## Flips");
    expect(cut).not.toContain("## Tails");
    expect(cut).toMatch(/flip é\n\n_Too long for a step summary: .* report\.md .*_\n$/);
    const little = stepSummary(report, SUMMARY_LIMIT_BYTES - 1_000) ?? "";
    expect(little).toContain("What was seen.");
    expect(little).not.toContain("## Flips");
    expect(stepSummary(report, SUMMARY_LIMIT_BYTES - 120)).toMatch(/^\n\n# Fail: a gate failed\.\n\n_Too long/);
  });

  it("never passes the limit, which would lose all of it", () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: SUMMARY_LIMIT_BYTES + 10 }), (there) => {
        const added = stepSummary(report, there);
        expect(there + Buffer.byteLength(added ?? "")).toBeLessThanOrEqual(Math.max(there, SUMMARY_LIMIT_BYTES));
      }),
    );
    expect(stepSummary(report, SUMMARY_LIMIT_BYTES - 20)).toBeNull();
    expect(stepSummary(report, SUMMARY_LIMIT_BYTES + 20)).toBeNull();
  });

  it("closes what a cut leaves open", () => {
    const folded = `# Pass.\n\n<details><summary>all</summary>\n\n## Tails\n\n${"x".repeat(5_000)}\n</details>\n`;
    const cut = stepSummary(folded, SUMMARY_LIMIT_BYTES - 1_000) ?? "";
    expect(cut.match(/<details>/g)).toHaveLength(1);
    expect(cut.match(/<\/details>/g)).toHaveLength(1);
  });
});

describe("outputs", () => {
  it("hold many lines, and none of them is another output", () => {
    const outputs = { verdict: "fail", report: "/w/results/1\nexit-code<<x\n0\nx", "exit-code": "1" };
    expect(outputsIn(stepOutputs(outputs, "twintail-7c1"))).toEqual(outputs);
  });
});
