/** `--dry-run` prints a plan, and no report. */
import { TwintailError } from "../core/errors.js";

/** @throws TwintailError when a report is asked for beside it. */
export function refuseJsonBesideDryRun({ dryRun, json }: { readonly dryRun?: boolean; readonly json?: boolean }): void {
  if (!dryRun || !json) return;
  throw new TwintailError({
    cause: "--dry-run makes no report that --json could print",
    place: "--json",
    remedy: "leave one of them out",
  });
}
