/** Which way to run a tier costs least, and what it saves. */
import type { CapacityMode, CapacityTier } from "../../report/capacity-summary.js";
import { formatDollars, MODE_WORDS } from "../../report/capacity-words.js";
import { formatShare } from "../../report/numbers.js";

export interface Cheapest {
  readonly kind: CapacityTier["cheapest"];
  /** USD. */
  readonly perMonth: number | null;
  /** One sentence without its full stop; empty where there is nothing to choose. */
  readonly text: string;
}

/** Of those that are allowed; of two that cost the same, the one that needs less done, which stands first. */
export function cheapestOf(modes: readonly CapacityMode[]): Cheapest {
  const least = modes
    .filter(({ allowed }) => allowed)
    .reduce<CapacityMode | null>(
      (best, mode) => (best === null || mode.perMonth.value < best.perMonth.value ? mode : best),
      null,
    );
  if (least === null) return { kind: null, perMonth: null, text: "" };
  const perMonth = least.perMonth.value;
  const dearer = modes.filter((mode) => mode !== least && mode.allowed);
  const over = dearer.map((mode) => `${againstText(perMonth, mode.perMonth.value)} ${MODE_WORDS[mode.kind]}`);
  const left = modes.filter((mode) => !mode.allowed && mode.perMonth.value < perMonth);
  const would = left.map(
    (mode) =>
      `${MODE_WORDS[mode.kind]} would cost ${formatDollars(mode.perMonth.value)} a month, but lets too many wait`,
  );
  const text = [over.length === 0 ? "" : `${MODE_WORDS[least.kind]} costs ${over.join(", ")}`, ...would];
  return { kind: least.kind, perMonth, text: text.filter((part) => part !== "").join("; ") };
}

/** Less than this apart, no bill tells them apart. USD. */
const CENT = 0.01;

function againstText(least: number, other: number): string {
  if (other - least < CENT) return "as much as";
  return `${formatShare((other - least) / other)} (${formatDollars(other - least)} a month) less than`;
}
