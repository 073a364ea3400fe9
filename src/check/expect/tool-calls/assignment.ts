/** Which actual call stands for which expected one. Rows are expected, columns actual; costs are 0 or more. */

/** Above any sum of costs, and small enough for exact sums of hundreds. */
const SKIP_PRICE = 1e12;

/** The column of each row; null for a row that got none, which happens only where columns are fewer than rows. */
export type Assignment = readonly (number | null)[];

/** Least total cost over all assignments: the Hungarian method with potentials, O(n² m) for n ≤ m. */
export function assignOptimally(cost: readonly (readonly number[])[]): Assignment {
  const rows = cost.length;
  const columns = cost[0]?.length ?? 0;
  if (rows <= columns) return hungarian(rows, columns, (row, column) => cost[row]?.[column] ?? 0);
  const byColumn = hungarian(columns, rows, (column, row) => cost[row]?.[column] ?? 0);
  const out: (number | null)[] = new Array(rows).fill(null);
  for (const [column, row] of byColumn.entries()) out[row] = column;
  return out;
}

/** Needs `n ≤ m`. Index 0 of the arrays is the method's artificial column. */
function hungarian(n: number, m: number, cost: (row: number, column: number) => number): number[] {
  const rowPotential = new Float64Array(n + 1);
  const columnPotential = new Float64Array(m + 1);
  const rowOf = new Int32Array(m + 1);
  const cameFrom = new Int32Array(m + 1);
  for (let row = 1; row <= n; row++) {
    const slack = new Float64Array(m + 1).fill(Number.POSITIVE_INFINITY);
    const used = new Uint8Array(m + 1);
    rowOf[0] = row;
    let column = 0;
    do {
      used[column] = 1;
      const current = at(rowOf, column);
      let delta = Number.POSITIVE_INFINITY;
      let next = 0;
      for (let j = 1; j <= m; j++) {
        if (used[j]) continue;
        const reduced = cost(current - 1, j - 1) - at(rowPotential, current) - at(columnPotential, j);
        if (reduced < at(slack, j)) {
          slack[j] = reduced;
          cameFrom[j] = column;
        }
        if (at(slack, j) < delta) {
          delta = at(slack, j);
          next = j;
        }
      }
      for (let j = 0; j <= m; j++) {
        if (used[j]) {
          const owner = at(rowOf, j);
          rowPotential[owner] = at(rowPotential, owner) + delta;
          columnPotential[j] = at(columnPotential, j) - delta;
        } else slack[j] = at(slack, j) - delta;
      }
      column = next;
    } while (at(rowOf, column) !== 0);
    while (column !== 0) {
      const before = at(cameFrom, column);
      rowOf[column] = at(rowOf, before);
      column = before;
    }
  }
  const out: number[] = new Array(n).fill(0);
  for (let j = 1; j <= m; j++) if (at(rowOf, j) > 0) out[at(rowOf, j) - 1] = j - 1;
  return out;
}

/** Least total cost over assignments that keep the order of both sides, with as many rows matched as possible. */
export function assignInOrder(cost: readonly (readonly number[])[]): Assignment {
  const rows = cost.length;
  const columns = cost[0]?.length ?? 0;
  const width = columns + 1;
  // best[r, c] is the least cost of the rows from r with the columns from c. Only the side with items to spare may skip
  // for nothing, so that as many as possible are matched.
  const best = new Float64Array((rows + 1) * width);
  const rowPrice = rows > columns ? 0 : SKIP_PRICE;
  const columnPrice = columns > rows ? 0 : SKIP_PRICE;
  for (let r = rows; r >= 0; r--) {
    for (let c = columns; c >= 0; c--) {
      if (r === rows || c === columns) {
        best[r * width + c] = r === rows ? (columns - c) * columnPrice : (rows - r) * rowPrice;
        continue;
      }
      best[r * width + c] = Math.min(
        (cost[r]?.[c] ?? 0) + at(best, (r + 1) * width + c + 1),
        at(best, (r + 1) * width + c) + rowPrice,
        at(best, r * width + c + 1) + columnPrice,
      );
    }
  }
  const out: (number | null)[] = new Array(rows).fill(null);
  for (let r = 0, c = 0; r < rows && c < columns; ) {
    const here = at(best, r * width + c);
    if (here === (cost[r]?.[c] ?? 0) + at(best, (r + 1) * width + c + 1)) out[r++] = c++;
    else if (here === at(best, (r + 1) * width + c) + rowPrice) r++;
    else c++;
  }
  return out;
}

function at(array: Float64Array | Int32Array, index: number): number {
  return array[index] ?? 0;
}
