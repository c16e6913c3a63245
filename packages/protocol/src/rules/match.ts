// Patterns as tables: codegen turns the regular expressions of a schema into deterministic automata, so that a match
// takes one step a character whatever the text, and no regular expression engine is involved.

/** An automaton. State 0 is dead, state 1 has found its match, state 2 is the first. */
export interface Automaton {
  /** First code points of the ranges that text falls into, rising from 0. */
  readonly from: readonly number[];
  /** The class of each of these ranges. */
  readonly classes: readonly number[];
  /** How many classes there are. */
  readonly width: number;
  /** The state behind state `s` and class `c`, at `s * width + c`. */
  readonly next: readonly number[];
  /** States in which the end of the text completes a match, rising. */
  readonly final: readonly number[];
}

const ASCII = 128;
const DEAD = 0;
const FOUND = 1;
const FIRST = 2;

/** A test for the pattern behind `automaton`: true when it matches anywhere in the text. */
export function pattern({ from, classes, width, next, final }: Automaton): (text: string) => boolean {
  const table = Uint16Array.from(next);
  const ascii = Uint8Array.from({ length: ASCII }, (_, code) => classOf(code));
  const ends = new Set(final);

  /** The last range that begins at or before `point`. */
  function classOf(point: number): number {
    let low = 0;
    let high = from.length - 1;
    while (low < high) {
      const middle = (low + high + 1) >> 1;
      if ((from[middle] as number) <= point) low = middle;
      else high = middle - 1;
    }
    return classes[low] as number;
  }

  return (text) => {
    let state = FIRST;
    for (let i = 0; i < text.length; i++) {
      const unit = text.charCodeAt(i);
      let kind: number;
      if (unit < ASCII) {
        kind = ascii[unit] as number;
      } else {
        const point = text.codePointAt(i) as number;
        if (point > 0xffff) i++;
        kind = classOf(point);
      }
      state = table[state * width + kind] as number;
      if (state <= FOUND) return state !== DEAD;
    }
    return ends.has(state);
  };
}
