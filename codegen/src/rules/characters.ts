// Sets of characters, as sorted ranges of code points.

/** First and last code points, sorted, without overlaps. */
export type Ranges = readonly (readonly [first: number, last: number])[];

const MAX_POINT = 0x10ffff;
export const ANY: Ranges = [[0, MAX_POINT]];
export const DIGITS: Ranges = [[0x30, 0x39]];
export const SPACES: Ranges = [
  [9, 10],
  [12, 13],
  [32, 32],
];
export const WORD: Ranges = [
  [0x30, 0x39],
  [0x41, 0x5a],
  [0x5f, 0x5f],
  [0x61, 0x7a],
];

/** The names between `[:` and `:]`. */
export const POSIX: ReadonlyMap<string, Ranges> = new Map<string, Ranges>([
  ["alnum", [...DIGITS, [0x41, 0x5a], [0x61, 0x7a]]],
  ["alpha", [[0x41, 0x5a], [0x61, 0x7a]]], // biome-ignore format: one name a line
  ["ascii", [[0, 0x7f]]],
  ["blank", [[9, 9], [32, 32]]], // biome-ignore format: one name a line
  ["cntrl", [[0, 0x1f], [0x7f, 0x7f]]], // biome-ignore format: one name a line
  ["digit", DIGITS],
  ["graph", [[0x21, 0x7e]]],
  ["lower", [[0x61, 0x7a]]],
  ["print", [[0x20, 0x7e]]],
  ["punct", [[0x21, 0x2f], [0x3a, 0x40], [0x5b, 0x60], [0x7b, 0x7e]]], // biome-ignore format: one name a line
  ["space", [[9, 13], [32, 32]]], // biome-ignore format: one name a line
  ["upper", [[0x41, 0x5a]]],
  ["word", WORD],
  ["xdigit", [...DIGITS, [0x41, 0x46], [0x61, 0x66]]],
]);

/** All of `sets` in one. */
export function union(...sets: readonly Ranges[]): Ranges {
  const merged: [number, number][] = [];
  for (const [first, last] of sets.flat().toSorted((a, b) => a[0] - b[0])) {
    const before = merged.at(-1);
    if (before !== undefined && first <= before[1] + 1) before[1] = Math.max(before[1], last);
    else merged.push([first, last]);
  }
  return merged;
}

/** What is not in `ranges`. */
export function complement(ranges: Ranges): Ranges {
  const gaps: [number, number][] = [];
  let from = 0;
  for (const [first, last] of union(ranges)) {
    if (first > from) gaps.push([from, first - 1]);
    from = last + 1;
  }
  if (from <= MAX_POINT) gaps.push([from, MAX_POINT]);
  return gaps;
}

/** `ranges` with the letters of both cases; undefined when that would need more than ASCII's rules. */
export function foldCase(ranges: Ranges): Ranges | undefined {
  const folded: [number, number][] = [];
  for (const [first, last] of ranges) {
    // All that is outside ASCII, as in a negated class, stays as it is.
    if (last > 0x7f && !(first <= 0x80 && last === MAX_POINT)) return undefined;
    for (let point = first; point <= Math.min(last, 0x7f); point++) {
      const char = String.fromCharCode(point);
      for (const other of [char.toLowerCase(), char.toUpperCase()]) {
        folded.push([other.charCodeAt(0), other.charCodeAt(0)]);
      }
      // The two characters outside ASCII that RE2 counts as cases of k and s: the Kelvin sign and the long s.
      if (/k/i.test(char)) folded.push([0x212a, 0x212a]);
      if (/s/i.test(char)) folded.push([0x17f, 0x17f]);
    }
  }
  return union(ranges, folded);
}

/** The characters of a Unicode category or script (`L`, `Lu`, `Greek`), by this Node's tables. */
export function unicodeClass(name: string): Ranges | undefined {
  const test = propertyTest(`Script=${name}`) ?? propertyTest(`General_Category=${name}`);
  if (test === undefined) return name === "Any" ? ANY : undefined;
  const found: [number, number][] = [];
  for (let point = 0; point <= MAX_POINT; point++) {
    if (!test.test(String.fromCodePoint(point))) continue;
    const before = found.at(-1);
    if (before !== undefined && before[1] === point - 1) before[1] = point;
    else found.push([point, point]);
  }
  return found;
}

function propertyTest(property: string): RegExp | undefined {
  try {
    return new RegExp(`^\\p{${property}}$`, "u");
  } catch {
    return undefined;
  }
}
