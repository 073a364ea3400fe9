/** Of more marks than a drawing can show apart, those that are drawn: the same for the same marks. */

/** Places that are evenly spaced among `count`, the first and the last of them; all where there are no more than `most`. */
export function evenly(count: number, most: number): number[] {
  if (count <= most) return Array.from({ length: count }, (_, place) => place);
  if (most < 2) return most < 1 ? [] : [0];
  return Array.from({ length: most }, (_, step) => Math.round((step * (count - 1)) / (most - 1)));
}

/**
 * Those that matter, most of all where there are too many of them; then the largest; and of the rest so many as are left,
 * evenly. In the order in which they were given.
 * @param matters what is to be seen whatever its size, such as a failure
 */
export function thinned<T>(
  marks: readonly T[],
  most: number,
  { matters, size }: { readonly matters: (mark: T) => boolean; readonly size: (mark: T) => number },
): readonly T[] {
  if (marks.length <= most) return marks;
  const kept = new Set<number>();
  const take = (places: readonly number[], room: number): void => {
    for (const step of evenly(places.length, Math.floor(room))) kept.add(places[step] as number);
  };
  const places = marks.map((_, place) => place);
  take(
    places.filter((place) => matters(marks[place] as T)),
    most / 2,
  );
  const sizes = marks.map(size);
  const largestFirst = [...places].sort((a, b) => (sizes[b] as number) - (sizes[a] as number) || a - b);
  for (const place of largestFirst.slice(0, Math.floor(most / 4))) kept.add(place);
  take(
    places.filter((place) => !kept.has(place)),
    most - kept.size,
  );
  return marks.filter((_, place) => kept.has(place));
}
