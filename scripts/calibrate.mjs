/**
 * Simulates recordings with known truth and prints what the verdicts do with them, each figure with its target beside it.
 * `--short` runs a twentieth; `--json` prints data; `--write` puts the tables into docs/verdicts.md. Seeded: the same
 * figures each time. Exits with 1 when a target is missed.
 */
import { readFileSync, writeFileSync } from "node:fs";
import { powerTable, TARGETS } from "./calibrate/targets.mjs";

const SEED = 20_261_121;
const RUNS = 4_000;
const POWER_RUNS = 400;

const flags = new Set(process.argv.slice(2));
const part = flags.has("--short") ? 0.05 : 1;
const started = Date.now();

const lines = [];
for (const { group, figure, target, ok, share, runs = 1 } of TARGETS) {
  const count = Math.round(RUNS * runs * part);
  const seen = share(count, SEED);
  // A short run may miss by chance: three standard errors are allowed to it.
  const slack = flags.has("--short") ? 3 * Math.sqrt(Math.max(0.02, seen * (1 - seen)) / count) : 0;
  const met = ok(seen, slack);
  lines.push({ group, figure, target, seen, runs: count, met });
  process.stderr.write(`${met ? "  " : "✗ "}${group}: ${figure}: ${percent(seen)} (${target})\n`);
}
const power = powerTable(Math.round(POWER_RUNS * part), SEED);

if (flags.has("--json")) process.stdout.write(`${JSON.stringify({ lines, power })}\n`);
else process.stdout.write(`${markdown()}\n`);
if (flags.has("--write")) writeInto("docs/verdicts.md", markdown());
process.stderr.write(`${((Date.now() - started) / 1_000).toFixed(0)} s\n`);
if (lines.some(({ met }) => !met)) process.exitCode = 1;

function percent(share) {
  return `${(100 * share).toFixed(1)} %`;
}

function markdown() {
  const groups = [...new Set(lines.map(({ group }) => group))];
  const tables = groups.map((group) =>
    [
      `| ${group} | target | seen | runs |`,
      "| --- | --- | --- | --- |",
      ...lines
        .filter((line) => line.group === group)
        .map(
          ({ figure, target, seen, runs, met }) =>
            `| ${figure} | ${target} | ${percent(seen)}${met ? "" : " **missed**"} | ${runs} |`,
        ),
    ].join("\n"),
  );
  const ratios = power[0].cells.map(({ ratio }) => ratio);
  const whole = (share) => `${(100 * share).toFixed(0)}`;
  const grid = [
    `| cases × rounds | ${ratios.map((ratio) => `true ${ratio.toFixed(2)}`).join(" | ")} |`,
    `| --- | ${ratios.map(() => "---").join(" | ")} |`,
    ...power.map(
      ({ cases, rounds, cells }) =>
        `| ${cases} × ${rounds} | ${cells.map(({ slower, pass, fail }) => `${whole(slower)} · ${whole(pass)} · ${whole(fail)}`).join(" | ")} |`,
    ),
  ].join("\n");
  return [
    ...tables,
    `Power: how often, in %, the shift of \`ttfa\` reads \`slower\` · passes the gate of 1.20 · fails it (${Math.round(POWER_RUNS * part)} runs a cell).`,
    grid,
  ].join("\n\n");
}

/** Between the two marks of the page. */
function writeInto(path, text) {
  const page = readFileSync(path, "utf8");
  const marks = /(<!-- calibrate -->\n)[\s\S]*(<!-- \/calibrate -->)/;
  if (!marks.test(page)) throw new Error(`${path} has no place for the tables`);
  writeFileSync(
    path,
    page.replace(marks, (_all, before, after) => `${before}${text}\n${after}`),
  );
}
