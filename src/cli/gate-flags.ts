/** The flags about gates that `run` and `score` share. */
import { type Command, Option } from "commander";
import type { GateText } from "../config/settings.js";
import { INCONCLUSIVE_POLICIES, type InconclusivePolicy } from "./show-report.js";

export interface GateFlags {
  readonly gate?: readonly string[];
  readonly inconclusive?: InconclusivePolicy;
}

/** @param instead what the gates of the command line take the place of */
export function addGateFlags(command: Command, instead: string): Command {
  return command
    .option(
      "--gate <expression>",
      `a gate, in place of ${instead}; may be given several times`,
      (text: string, before: readonly string[] = []) => [...before, text],
    )
    .addOption(
      new Option(
        "--inconclusive <policy>",
        "the exit code of an inconclusive verdict: pass 0, warn 0 with a warning, fail 1; without it 3",
      ).choices(INCONCLUSIVE_POLICIES),
    );
}

/** The gates of the command line; undefined without any. */
export function gateTexts({ gate }: GateFlags): GateText[] | undefined {
  return gate?.map((text) => ({ text, line: 0, column: 0 }));
}
