/** Writes a probe's summary into its folder. Answers may hold private text: nobody but the owner may read it. */
import { join } from "node:path";
import { renderProbeJson } from "./probe-json.js";
import type { ProbeSummary } from "./probe-summary.js";
import { writeFiles } from "./write.js";

/**
 * Writes `probe.json` into `folder`, which is made if need be.
 * @returns its path.
 * @throws TwintailError when it cannot be written.
 */
export function writeProbe(summary: ProbeSummary, folder: string): string {
  const path = join(folder, "probe.json");
  writeFiles([[path, renderProbeJson(summary)]]);
  return path;
}
