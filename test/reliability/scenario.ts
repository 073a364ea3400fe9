/** One line of the fault matrix: what happens, what twintail does, and the run that shows it. */
import { afterAll, describe, it } from "vitest";
import { Place, stopShared } from "./place.js";

/** Areas of `docs/reliability.md`, in its order. */
export const AREAS = {
  timeouts: "Timeouts",
  unreachable: "Endpoints that cannot be reached from the start",
  failing: "Endpoints that fail in the middle of a run",
  hostile: "Hostile endpoints: what comes over the wire",
  display: "Hostile endpoints: what is shown of it",
  safety: "Safe on production endpoints",
  disk: "The disk",
  resume: "Kills, and taking a run up again",
  privacy: "Keys and personal data",
  cold: "Cold wakes and silence",
} as const;

export type Area = keyof typeof AREAS;

export interface Scenario {
  readonly area: Area;
  /** What happens: a noun phrase, no full stop. */
  readonly fault: string;
  /** What twintail does, in one sentence. */
  readonly outcome: string;
  /** Runs only with `TWINTAIL_SLOW=1`. */
  readonly slow?: true;
  /** Its server has to answer in time, and lives in this process: nothing else may keep that busy. */
  readonly alone?: true;
  /** What it waits for: not run until then. */
  readonly waits?: string;
  /** Why it cannot run on this machine, or null. */
  readonly cannot?: () => string | null;
  /** Throws where the outcome is another one. */
  readonly run: (place: Place) => Promise<void>;
}

/** Runs scenarios, at the same time where they may: what they assert is no speed. */
export function execute(scenarios: readonly Scenario[]): void {
  afterAll(stopShared);
  describe.concurrent("faults", () => {
    for (const scenario of scenarios.filter(({ alone }) => alone !== true)) play(scenario);
  });
  describe("faults, one after the other", () => {
    for (const scenario of scenarios.filter(({ alone }) => alone === true)) play(scenario);
  });
}

/** Of a busy machine; what hangs hangs longer. */
const TIMEOUT_MS = 120_000;

function play({ fault, outcome, slow, waits, cannot, run }: Scenario): void {
  const reason =
    waits !== undefined
      ? `waits: ${waits}`
      : slow === true && process.env.TWINTAIL_SLOW !== "1"
        ? "TWINTAIL_SLOW=1 runs it"
        : (cannot?.() ?? null);
  it.skipIf(reason !== null)(
    `${fault}: ${outcome}${reason === null ? "" : ` (${reason})`}`,
    { timeout: slow ? 10 * TIMEOUT_MS : TIMEOUT_MS },
    async () => {
      const place = new Place();
      try {
        await run(place);
      } finally {
        await place.close();
      }
    },
  );
}
