/** `--inject 401 --for 60s --after 10s --share 0.3`: each of the three belongs to the failure before it. */
import type { Command } from "commander";
import { parseDurationMs } from "../core/duration.js";
import { TwintailError } from "../core/errors.js";
import { INJECTIONS, type Injection } from "../sim/inject.js";

/** Adds the four options; the list is complete once the command line has been read. */
export function addInjections(command: Command): readonly Injection[] {
  const list: Injection[] = [];
  const change = (flag: string, more: Partial<Injection>): void => {
    const last = list.pop();
    if (last === undefined) {
      throw new TwintailError({
        cause: "there is no --inject before it",
        place: flag,
        remedy: `write --inject 401 ${flag} …`,
      });
    }
    list.push({ ...last, ...more });
  };
  command
    .option("--inject <failure>", "make requests fail, see below; repeatable", (kind: string) => list.push({ kind }))
    .option("--for <duration>", "how long the last --inject lasts; to the end by default", (text: string) =>
      change("--for", { forMs: parseDurationMs(text, "--for") }),
    )
    .option("--after <duration>", "when it begins; at once by default", (text: string) =>
      change("--after", { afterMs: parseDurationMs(text, "--after") }),
    )
    .option("--share <0..1>", "which share of the requests it meets; all by default", (text: string) =>
      change("--share", { share: Number(text) }),
    );
  return list;
}

/** What can be injected, for the end of a help text. */
export function injectionsHelp(): string {
  const width = Math.max(...Object.keys(INJECTIONS).map((name) => name.length));
  const lines = Object.entries(INJECTIONS).map(([name, says]) => `  ${name.padEnd(width)}  ${says}`);
  return `\nFailures for --inject:\n${lines.sort().join("\n")}\n`;
}
