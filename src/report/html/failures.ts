import { printableLine } from "../../core/printable.js";
import { failureExtent, failureRows, retryLines } from "../failure-lines.js";
import type { Summary } from "../summary.js";
import { html, type Markup } from "./markup.js";
import { scrolling, section } from "./section.js";
import { sign } from "./svg.js";

/** What failed and in whose words, then what asking again added; null when all went well. */
export function failuresSection(summary: Summary): Markup | null {
  const rows = failureRows(summary);
  const retries = retryLines(summary);
  if (rows.length === 0 && retries.length === 0) return null;
  const body = rows.map(
    (row) =>
      html`<tr><td>${sign(row.endpoint)} ${row.endpoint}</td><td><b>${row.class}</b>${row.code === null ? null : html`<br><code>${printableLine(row.code, 60)}</code>`}</td><td class="wide">${printableLine(failureExtent(row), 400)}</td><td class="evidence"><code>${printableLine(row.message, 300)}</code></td></tr>`,
  );
  const table = html`<table class="findings failed"><thead><tr><th scope="col">endpoint</th><th scope="col">what failed</th><th scope="col">how often</th><th scope="col">in its words</th></tr></thead><tbody>${body}</tbody></table>`;
  const lines = retries.map(
    ({ endpoint, text }) => html`<p class="soft">${sign(endpoint)} Retries of the ${endpoint}: ${text}.</p>`,
  );
  return section(
    "failures",
    "Failures",
    "Every attempt counts, in the endpoint's own words. Refusals while a cold endpoint wakes are not among them.",
    html`${rows.length === 0 ? null : scrolling("failures", table)}${lines}`,
  );
}
