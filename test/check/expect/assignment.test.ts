import fc from "fast-check";
import { expect, test } from "vitest";
import { type Assignment, assignInOrder, assignOptimally } from "../../../src/check/expect/tool-calls/assignment.js";

const matrix = fc.tuple(fc.integer({ min: 1, max: 5 }), fc.integer({ min: 1, max: 5 })).chain(([rows, columns]) =>
  fc.array(fc.array(fc.integer({ min: 0, max: 20 }), { minLength: columns, maxLength: columns }), {
    minLength: rows,
    maxLength: rows,
  }),
);

function total(cost: number[][], assignment: Assignment): number {
  return assignment.reduce((sum: number, column, row) => sum + (column === null ? 0 : (cost[row]?.[column] ?? 0)), 0);
}

/** Least total over every way to match as many as possible. */
function bruteForce(cost: number[][], ordered: boolean): number {
  const columns = cost[0]?.length ?? 0;
  const due = Math.min(cost.length, columns);
  let best = Number.POSITIVE_INFINITY;
  const go = (row: number, used: number[], sum: number): void => {
    if (used.length + (cost.length - row) < due) return;
    if (row === cost.length) {
      best = Math.min(best, sum);
      return;
    }
    go(row + 1, used, sum);
    for (let column = ordered ? (used.at(-1) ?? -1) + 1 : 0; column < columns; column++) {
      if (!used.includes(column)) go(row + 1, [...used, column], sum + (cost[row]?.[column] ?? 0));
    }
  };
  go(0, [], 0);
  return best;
}

function isValid(cost: number[][], assignment: Assignment): boolean {
  const taken = assignment.filter((column) => column !== null);
  return taken.length === Math.min(cost.length, cost[0]?.length ?? 0) && new Set(taken).size === taken.length;
}

test("the optimal assignment costs what the best of all assignments costs", () => {
  fc.assert(
    fc.property(matrix, (cost) => {
      const assignment = assignOptimally(cost);
      expect(isValid(cost, assignment)).toBe(true);
      expect(total(cost, assignment)).toBe(bruteForce(cost, false));
    }),
    { numRuns: 500 },
  );
});

test("the assignment in order costs what the best of all that keep the order costs", () => {
  fc.assert(
    fc.property(matrix, (cost) => {
      const assignment = assignInOrder(cost);
      expect(isValid(cost, assignment)).toBe(true);
      const taken = assignment.filter((column) => column !== null);
      expect(taken).toEqual([...taken].sort((a, b) => a - b));
      expect(total(cost, assignment)).toBe(bruteForce(cost, true));
    }),
    { numRuns: 500 },
  );
});

test("nothing to assign is an empty assignment", () => {
  expect(assignOptimally([])).toEqual([]);
  expect(assignOptimally([[], []])).toEqual([null, null]);
  expect(assignInOrder([])).toEqual([]);
  expect(assignInOrder([[], []])).toEqual([null, null]);
});

test("hundreds against hundreds take well under a second", () => {
  const cost = Array.from({ length: 200 }, (_, row) => Array.from({ length: 200 }, (_, column) => (row * column) % 97));
  const started = performance.now();
  assignOptimally(cost);
  assignInOrder(cost);
  expect(performance.now() - started).toBeLessThan(1000);
});
