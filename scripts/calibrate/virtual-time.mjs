/** Time that jumps from one due time to the next: a binary heap, first come first served among equals. */
export class VirtualTime {
  #nowMs = 0;
  #order = 0;
  #heap = [];

  now() {
    return this.#nowMs;
  }

  at(dueMs, run) {
    const heap = this.#heap;
    const entry = { dueMs, order: this.#order++, run };
    let at = heap.length;
    heap.push(entry);
    while (at > 0) {
      const parent = (at - 1) >> 1;
      if (!isBefore(entry, heap[parent])) break;
      heap[at] = heap[parent];
      at = parent;
    }
    heap[at] = entry;
  }

  /** Runs until nothing is due. */
  run() {
    for (let next = this.#pop(); next !== undefined; next = this.#pop()) {
      this.#nowMs = Math.max(this.#nowMs, next.dueMs);
      next.run();
    }
  }

  #pop() {
    const heap = this.#heap;
    const first = heap[0];
    const last = heap.pop();
    if (heap.length === 0) return first;
    let at = 0;
    for (;;) {
      let child = 2 * at + 1;
      if (child >= heap.length) break;
      if (child + 1 < heap.length && isBefore(heap[child + 1], heap[child])) child++;
      if (!isBefore(heap[child], last)) break;
      heap[at] = heap[child];
      at = child;
    }
    heap[at] = last;
    return first;
  }
}

function isBefore(a, b) {
  return a.dueMs < b.dueMs || (a.dueMs === b.dueMs && a.order < b.order);
}
