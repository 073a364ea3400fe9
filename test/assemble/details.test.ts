/** What the page shows of a run that asked more often than anybody reads. */
import { expect, test } from "vitest";
import { attempt } from "../recording/exchange-builder.js";
import { answer, asked, reportOf } from "./recorded.js";

const failed = (dispatchedMs: number) => attempt({ dispatchedMs, status: 500, reads: [[5, "{}"]] });
const ROUNDS = 70;
const { details } = reportOf([
  ...asked("baseline", ROUNDS, (at) => answer(100, at)),
  ...asked("candidate", ROUNDS, (at, index) => (index === ROUNDS - 1 ? failed(at) : answer(100, at))),
]);

test("of 70 pairs of a case sixty are shown, the one that failed among them, and the others are counted", () => {
  const [one] = details.cases;
  expect(one?.pairs).toHaveLength(60);
  expect(one?.pairs.map(({ round }) => round)).toEqual([...Array.from({ length: 59 }, (_, round) => round), 69]);
  expect(one?.pairs.at(-1)?.candidate?.outcome).toContain("HTTP 500");
  expect(one?.left).toEqual({ pairs: 10, rungs: { bytes: 10 } });
});

test("the rows of the csv are all exchanges by id, as often as they are read", () => {
  const ids = () => [...details.exchanges].map(({ id }) => id);
  expect(ids()).toEqual(Array.from({ length: 2 * ROUNDS }, (_, id) => id));
  expect(ids()).toEqual(ids());
});

test("a case of few pairs has none left", () => {
  const { cases } = reportOf([...asked("baseline", 3, (at) => answer(100, at))]).details;
  expect(cases[0]?.pairs).toHaveLength(3);
  expect(cases[0]).not.toHaveProperty("left");
});
