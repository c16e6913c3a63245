// From an input that shows something to a smaller one that shows the same: ddmin (Zeller and Hildebrandt) over the
// operations, then over the bytes of each, then numbers to 0.

import type { Input, Op } from "./input.ts";

/** Says whether an input still shows it. */
export type Shows = (input: Input) => Promise<boolean>;

/** How much work a minimisation may be. */
export interface Budget {
  runs: number;
}

/** A smaller input that `shows`; `input` itself when none is found. */
export async function minimise(input: Input, shows: Shows, budget: Budget = { runs: 8_000 }): Promise<Op[]> {
  const afford: Shows = async (smaller) => budget.runs-- > 0 && (await shows(smaller));
  let ops = await shrink([...input], afford);
  for (let at = 0; at < ops.length; at++) {
    ops = await shrinkBytes(ops, at, afford);
    ops = await zeroArgs(ops, at, afford);
  }
  return shrink(ops, afford);
}

/** Removes ever smaller runs of elements for as long as that helps. */
async function shrink<T>(list: T[], shows: (smaller: T[]) => Promise<boolean>): Promise<T[]> {
  let best = list;
  for (let size = Math.ceil(best.length / 2); size >= 1; ) {
    let removed = false;
    for (let at = 0; at < best.length; ) {
      const smaller = best.toSpliced(at, size);
      if (await shows(smaller)) {
        best = smaller;
        removed = true;
      } else {
        at += size;
      }
    }
    if (!removed || best.length < size) size = size === 1 ? 0 : Math.ceil(size / 2);
  }
  return best;
}

async function shrinkBytes(ops: Op[], at: number, shows: Shows): Promise<Op[]> {
  const chosen = ops[at] as Op;
  const withBytes = (bytes: number[]) => ops.with(at, { ...chosen, bytes: Uint8Array.from(bytes) });
  return withBytes(await shrink([...chosen.bytes], (smaller) => shows(withBytes(smaller))));
}

async function zeroArgs(ops: Op[], at: number, shows: Shows): Promise<Op[]> {
  let best = ops;
  for (let index = 0; index < (ops[at] as Op).args.length; index++) {
    const chosen = best[at] as Op;
    const simpler = best.with(at, { ...chosen, args: chosen.args.with(index, 0) });
    if (chosen.args[index] !== 0 && (await shows(simpler))) best = simpler;
  }
  return best;
}
