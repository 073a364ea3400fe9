import { existsSync, mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Command } from "commander";
import { ExitCode, errorCode, TwintailError } from "../core/errors.js";
import type { Io } from "./terminal-io.js";

const CONFIG = `# twintail.yaml: which endpoints, and how to measure them.
goldens: goldens/first.yaml
endpoints:
  baseline:                       # where traffic goes today
    baseUrl: https://api.openai.com/v1
    apiKeyEnv: OPENAI_API_KEY     # the name of a variable, never a key
    models: { default: gpt-4o-mini }
    # price: { inputPerMTok: 0.15, outputPerMTok: 0.60 }
  candidate:                      # where it may go
    baseUrl: https://inference.example/v1
    apiKeyEnv: CANDIDATE_API_KEY
    models: { default: gpt-oss-20b }
    # rename: { max_tokens: max_completion_tokens }
    # omit: [seed]
    # wake: { budget: 8m, cap: 10m }     # scales to zero: the first contact is its cold trial
capture:
  rounds: 12
  concurrency: 4
  # spread: 2h                    # before a cutover: rounds over hours see more than one moment
gates:                            # what decides, about the candidate unless said otherwise; docs/gates.md has them all
  - ttfa shift < 1.20             # answers typically start at most 20 % later
  - char_rate shift > 0.90        # text streams at no less than 90 % of the speed
  - flips regressed == 0          # no case that the baseline answers as expected is lost
  # Shares need more requests than two cases × 12 rounds: with a golden set of yours,
  # - ttfa slow_share diff < 0.06   # at most 6 points more stalled requests; from 67 pairs on
  # - tool_calls drop < 0.05        # from 80 pairs with tools on
  # - errors rate < 0.02            # of first attempts; from 203 requests on
  # - broken_streams rate < 0.02
`;

const GOLDEN = `# Two cases to start from; a useful set has 20 to 50 of your own prompts.
name: first
defaults: { temperature: 0, top_p: 1, presence_penalty: 0, frequency_penalty: 0, max_tokens: 128, seed: 7, stream: true }
cases:
  - id: capital
    category: closed-form
    detects: a wrong short answer
    request:
      messages: [{ role: user, content: "Which city is the capital of Norway? Answer with the city alone." }]
    expect:
      icontains: oslo
      finish_reason: [stop]
    reference: Oslo
  - id: json-city
    category: json
    detects: JSON in a fence, or none
    request:
      response_format: { type: json_object }
      messages: [{ role: user, content: "Give the capital of Norway as JSON with the one key city." }]
    expect:
      is_json: { type: object, required: [city], properties: { city: { const: Oslo } } }
    reference: '{"city": "Oslo"}'
`;

export function addInit(program: Command, io: Io, done: (code: ExitCode) => void): void {
  program
    .command("init")
    .summary("write a commented twintail.yaml and a small golden set")
    .description("Writes twintail.yaml and goldens/first.yaml into this folder. Overwrites nothing.")
    .addHelpText("after", "\nExample:\n  $ twintail init && twintail check")
    .action(() => {
      const files = [
        ["twintail.yaml", CONFIG],
        [join("goldens", "first.yaml"), GOLDEN],
      ] as const;
      for (const [file] of files) {
        if (existsSync(file))
          throw new TwintailError({ cause: "is there already", place: file, remedy: "move it away first" });
      }
      let place = "goldens";
      try {
        mkdirSync("goldens", { recursive: true });
        for (const [file, text] of [...files].reverse()) {
          place = file;
          writeFileSync(file, text, { flag: "wx" });
        }
      } catch (error) {
        throw new TwintailError({
          cause: `cannot be written (${errorCode(error) ?? String(error)})`,
          place,
          remedy: "move what is there away, or go to a folder that you can write to",
          error,
        });
      }
      io.stdout.write(`Wrote ${files.map(([file]) => file).join(" and ")}. Next: twintail check\n`);
      done(ExitCode.pass);
    });
}
