import { printableLine } from "../../core/printable.js";
import { failureExtent, failureRows, retryLines } from "../failure-lines.js";
import { formatCount } from "../numbers.js";
import type { Summary } from "../summary.js";
import { paragraph, type Screen, title } from "./screen.js";

const SHOWN = 10;

/** What failed and in whose words, then what asking again added. Nothing when all went well. */
export function failureSection(screen: Screen, summary: Summary): void {
  const rows = failureRows(summary);
  const retries = retryLines(summary);
  if (rows.length === 0 && retries.length === 0) return;
  const { paint, lines } = screen;
  title(screen, "Failures", "every attempt counts; cold polls are not among them");
  for (const row of rows.slice(0, SHOWN)) {
    const tone = row.endpoint === "candidate" && row.onlyHere ? paint.worse : paint.dim;
    const code = row.code === null ? "" : ` ${printableLine(row.code, 40)}`;
    lines.push(`${tone(row.endpoint.padEnd(9))} ${paint.bold(printableLine(row.class, 60))}${code}`);
    paragraph(screen, printableLine(failureExtent(row), 300), { first: "          " });
    paragraph(screen, printableLine(row.message, 240), { first: "          ", paint: paint.dim });
  }
  if (rows.length > SHOWN)
    lines.push(paint.dim(`          and ${formatCount(rows.length - SHOWN)} more in report.html`));
  for (const { endpoint, text } of retries) paragraph(screen, `retries, ${endpoint}: ${text}`, { rest: "  " });
}
