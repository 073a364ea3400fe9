/** docs/scale.md: its command lines are those of the command line, and its CI files are what they say. */
import { spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { parse } from "yaml";
import { expressionsIn, type Step, stepFaults } from "./workflow.js";
import { ROOT } from "./workplace.js";

const document = readFileSync(join(ROOT, "docs/scale.md"), "utf8");
const blocks = [...document.matchAll(/^```(\w+)\n([\s\S]*?)^```$/gm)].map(([, language, text]) => ({
  language,
  text: text ?? "",
}));
const commands = [...document.matchAll(/npx twintail (\w+) ([^\n"`]*(?:"\$\w+"[^\n"`]*)*)/g)];

describe("docs/scale.md", () => {
  it.each(["run", "merge"])("names options of twintail %s alone", (command) => {
    const { stdout } = spawnSync(process.execPath, [join(ROOT, "dist/cli/main.js"), command, "--help"], {
      encoding: "utf8",
    });
    const used = commands.filter(([, name]) => name === command).flatMap(([text]) => text.match(/--[a-z-]+/g) ?? []);
    expect(used.length).toBeGreaterThan(0);
    for (const option of used) expect(stdout).toContain(`${option} `);
  });

  it("has a workflow that starts all shards at one time and merges what is there", () => {
    const [workflow] = blocks.filter(({ text }) => text.startsWith("# .github")).map(({ text }) => parse(text));
    const { start, shard, merge } = workflow.jobs;
    for (const { steps } of [start, shard, merge]) expect(stepFaults(steps, "")).toEqual([]);
    expect([shard.strategy["fail-fast"], shard.needs, merge.needs]).toEqual([false, "start", "shard"]);
    const env = shard.steps.find((step: Step) => step.env?.SHARD !== undefined).env;
    expect(env.SHARD).toBe(`\${{ matrix.shard }}/${shard.strategy.matrix.shard.length}`);
    expect(expressionsIn(merge.if)).toEqual(["!cancelled()"]);
  });

  it("has a pipeline whose parallel jobs read their index, and are never tried again", () => {
    const [pipeline] = blocks.filter(({ text }) => text.startsWith("# .gitlab")).map(({ text }) => parse(text));
    expect(pipeline.shards).toMatchObject({ parallel: 4, retry: 0 });
    expect(pipeline.shards.script.join("\n")).toContain("--shard auto ");
    expect([pipeline.stages, pipeline.merge.when]).toEqual([["start", "shards", "merge"], "always"]);
  });
});
