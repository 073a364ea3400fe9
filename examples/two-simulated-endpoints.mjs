/**
 * twintail as a library: two simulated endpoints, a few cases, and the numbers that a program would act on.
 * Run it with `npm run example`.
 */
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseSettings, prepareRun, run, score, startSimProcess } from "twintail";

const folder = mkdtempSync(join(tmpdir(), "twintail-example-"));
writeFileSync(
  join(folder, "set.yaml"),
  `name: example
defaults: { temperature: 0, max_tokens: 64, stream: true }
cases:
  - id: capital
    category: closed-form
    detects: a wrong answer
    request: { messages: [{ role: user, content: "Which city is the capital of Norway?" }] }
    expect: { icontains: oslo }
    reference: Oslo is the capital of Norway.
`,
);

const goldens = join(folder, "set.yaml");
const baseline = await startSimProcess({ tier: "a100x2", goldens });
const candidate = await startSimProcess({ tier: "h100x2", goldens, seed: 2 });
try {
  const settings = parseSettings(
    `goldens: set.yaml
endpoints:
  baseline: { baseUrl: "${baseline.baseUrl}", models: { default: m }, simulated: "${baseline.label}" }
  candidate: { baseUrl: "${candidate.baseUrl}", models: { default: m }, simulated: "${candidate.label}" }
capture: { rounds: 8, concurrency: 2 }
`,
    folder,
  );
  const { recording, report } = await run(prepareRun(settings), { resultsFolder: folder });
  const shift = report.summary.metrics.ttfa?.warm?.shift;
  console.log(`time to first answer, candidate / baseline: ${shift?.ratio} [${shift?.lo}, ${shift?.hi}]`);
  console.log(`the recording scores the same again: ${score(recording).summary.run.recorded} exchanges`);
} finally {
  await Promise.all([baseline.stop(), candidate.stop()]);
  rmSync(folder, { recursive: true });
}
