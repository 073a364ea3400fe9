import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { RATES } from "../../src/compare/rates.js";
import { SELECTOR_KEYS } from "../../src/gate/gate.js";
import { LOOK_ALPHA } from "../../src/gate/judgement.js";
import { neededForRank, neededForShare } from "../../src/gate/needed.js";
import { parseGate } from "../../src/gate/parse.js";

const page = readFileSync(new URL("../../docs/gates.md", import.meta.url), "utf8");
const examples = [...page.matchAll(/^```gates\n(.*?)^```$/gms)].flatMap(([, block]) =>
  (block as string).trim().split("\n"),
);
const parsed = examples.map((text) => parseGate({ text, line: 1, column: 1 }, "docs/gates.md").gate);

describe("docs/gates.md", () => {
  it("has examples that are gates, one for every take and selector", () => {
    expect(parsed.length).toBeGreaterThan(25);
    const takes = new Set(parsed.map(({ question }) => `${question.subject} ${question.take}`));
    expect([...takes].sort()).toEqual(
      [
        ...["quantile", "max", "mean", "shift", "ratio", "slow_share diff", "slow_share rate"].map(
          (take) => `metric ${take}`,
        ),
        ...["rate", "diff", "drop"].map((take) => `rate ${take}`),
        ...["findings new", "findings count", "flips regressed", "flips improved", "wake max", "wake count"],
      ].sort(),
    );
    const keys = new Set(parsed.flatMap(({ selectors }) => selectors.map(({ key }) => key)));
    expect([...keys].sort()).toEqual([...SELECTOR_KEYS].sort());
  });

  it("has gates in its YAML that are gates", () => {
    const yaml = /^```yaml\n(.*?)^```$/ms.exec(page)?.[1] ?? "";
    const gates = [...yaml.matchAll(/^ {2}- (.*)$/gm)].map(([, text]) => text as string);
    expect(gates.length).toBeGreaterThan(1);
    for (const text of gates) parseGate({ text, line: 1, column: 1 });
  });

  it("names every rate", () => {
    for (const { name } of RATES) expect(page).toContain(`\`${name}\``);
  });

  it("names as many requests as the bounds take", () => {
    const ranks = [0.95, 0.99, 0.999].map((q) => neededForRank("upper", q, LOOK_ALPHA));
    expect(page).toContain(`p95 ${ranks[0]}, p99 ${ranks[1]}, p99.9 ${ranks[2]?.toLocaleString("en-US")}`);
    const shares = [0.05, 0.02, 0.01].map((share) => neededForShare(share, LOOK_ALPHA));
    expect(page).toContain(`${shares[0]} for 5 %, ${shares[1]} for 2 %, ${shares[2]} for 1 %`);
  });
});
