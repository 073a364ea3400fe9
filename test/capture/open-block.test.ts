/** Patience of those who wait for a place. */
import { expect, test } from "vitest";
import { Crew } from "../../src/capture/crew.js";
import { Ending } from "../../src/capture/ending.js";
import { type Arrival, OpenBlock } from "../../src/capture/open-block.js";
import { OpenLanes } from "../../src/capture/open-lanes.js";
import { RequestBudget } from "../../src/capture/request-budget.js";
import { NS_PER_MS } from "../../src/core/units.js";

const now = (): number => performance.now() * NS_PER_MS;
const arrival = (id: number): Arrival => ({ row: { id, endpoint: "baseline" } as never, body: null, intendedAtNs: 0 });

const refusedFrom = { id: Number.POSITIVE_INFINITY };

/** One place; what is sent ends when it is told to. */
function block(
  patienceMs: number,
  admit: ((id: number) => Promise<void>) | null = null,
): { open: OpenBlock; sent: number[]; dropped: number[]; answer: () => void } {
  const sent: number[] = [];
  const dropped: number[] = [];
  const ends: (() => void)[] = [];
  const crew = Crew.alone(now, async () => null);
  const ending = new Ending(new AbortController().signal);
  const open = new OpenBlock(
    { whenFull: "wait", most: 1, patientUntilNs: now() + patienceMs * NS_PER_MS },
    {
      crew,
      ending,
      budget: new RequestBudget(undefined, ending, crew),
      lanes: new OpenLanes({ baseline: {}, candidate: {} } as never, now),
      now,
      admit: admit === null ? null : ({ row }) => admit(row.id),
      isRefused: ({ row }) => row.id >= refusedFrom.id,
      send: ({ row }) => {
        sent.push(row.id);
        return new Promise<void>((resolve) => ends.push(resolve));
      },
      onReleased: () => {},
      onDropped: (ids) => dropped.push(...ids),
    },
  );
  return { open, sent, dropped, answer: () => ends.shift()?.() };
}

test("runs out, and who comes later finds none", async () => {
  const { open, sent, dropped, answer } = block(100);
  for (const id of [0, 1, 2]) open.arrive([arrival(id)]);
  await expect.poll(() => dropped).toEqual([1, 2]);
  open.arrive([arrival(3)]);
  expect([sent, dropped]).toEqual([[0], [1, 2, 3]]);
  answer();
  await open.end();
});

test("is not used up while the schedule stands still, and runs on afterwards", async () => {
  const { open, sent, dropped, answer } = block(200);
  for (const id of [0, 1]) open.arrive([arrival(id)]);
  open.hold();
  const later = performance.now() + 400;
  await expect.poll(() => performance.now()).toBeGreaterThan(later);
  expect(dropped).toEqual([]);
  open.goOn();
  open.arrive([arrival(2)]);
  await expect.poll(() => dropped).toEqual([1, 2]);
  answer();
  await open.end();
  expect(sent).toEqual([0]);
});

test("whose endpoint has refused one of its phase are sent no more, and are none that was let go of", async () => {
  const { open, sent, dropped, answer } = block(60_000);
  for (const id of [0, 1, 2]) open.arrive([arrival(id)]);
  refusedFrom.id = 1;
  answer();
  await open.end();
  refusedFrom.id = Number.POSITIVE_INFINITY;
  expect([sent, dropped]).toEqual([[0], []]);
});

test("is not asked of limits before there is a place: who waited goes when they let it", async () => {
  const asked: number[] = [];
  let letGo = (): void => {};
  const { open, sent, answer } = block(60_000, (id) => {
    asked.push(id);
    return new Promise((resolve) => {
      letGo = resolve;
    });
  });
  for (const id of [0, 1]) open.arrive([arrival(id)]);
  expect([sent, asked]).toEqual([[0], []]);
  answer();
  await expect.poll(() => asked).toEqual([1]);
  expect(sent).toEqual([0]);
  letGo();
  await expect.poll(() => sent).toEqual([0, 1]);
  answer();
  await open.end();
});
