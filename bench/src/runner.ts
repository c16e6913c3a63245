// Who is measured when: runs that are compared follow each other directly, and the rounds are repeated in changing
// order, so that a busy neighbour hits all alike.

/** One thing to measure, again and again. */
export interface Task<T> {
  readonly key: string;
  run(): Promise<T>;
}

/** Results by key, one for each round, in order. */
export type Results<T> = ReadonlyMap<string, readonly T[]>;

/**
 * Measures each task once a round.
 * @param said is told where it is.
 */
export async function interleave<T>(
  rounds: number,
  tasks: readonly Task<T>[],
  said: (text: string) => void,
): Promise<Results<T>> {
  const results = new Map<string, T[]>(tasks.map(({ key }) => [key, []]));
  for (let round = 0; round < rounds; round++) {
    said(`round ${round + 1} of ${rounds}`);
    // Who comes first is another one each time, and so is who comes after whom's garbage.
    for (let turn = 0; turn < tasks.length; turn++) {
      const { key, run } = tasks[(turn + round) % tasks.length] as Task<T>;
      results.get(key)?.push(await run());
    }
  }
  return results;
}

/** The runs of a key that is known to be there. */
export function runsOf<T>(results: Results<T>, key: string): readonly T[] {
  const runs = results.get(key);
  if (runs === undefined) throw new Error(`nothing was measured as ${key}`);
  return runs;
}

/** Round by round, ours against theirs. */
export function ratiosOf<T>(
  results: Results<T>,
  ours: string,
  theirs: string,
  pick: (run: T) => number,
): number[] {
  const other = runsOf(results, theirs);
  return runsOf(results, ours).map((run, round) => pick(run) / pick(other[round] as T));
}

/** To standard error: what is going on. */
export function progress(text: string): void {
  process.stderr.write(`${text}\n`);
}
