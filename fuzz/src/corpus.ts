// The inputs that are built upon: those committed under fuzz/corpus/<target>/, and, for the length of one process,
// those that showed something new.

import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { type Input, parseInput } from "./input.ts";
import type { Random } from "./random.ts";

const folder = fileURLToPath(new URL("../corpus", import.meta.url));
/** Inputs kept for one target. */
const MAX_INPUTS = 4_096;

/** An input from a file. */
export interface CorpusFile {
  readonly name: string;
  readonly input: Input;
}

/** The committed inputs of a target, by name. */
export function readCorpus(target: string): CorpusFile[] {
  const home = join(folder, target);
  if (!existsSync(home)) return [];
  return readdirSync(home)
    .filter((name) => name.endsWith(".txt"))
    .sort()
    .map((name) => ({ name, input: parseInput(readFileSync(join(home, name), "utf8")) }));
}

/** What one target's inputs are built upon. */
export class Corpus {
  readonly #inputs: Input[] = [];
  readonly #seen = new Map<string, number>();

  get size(): number {
    return this.#inputs.length;
  }

  /** Keeps `input` if nothing showed `seen` before, or if it shows it with fewer operations. */
  add(input: Input, seen: string): void {
    const at = this.#seen.get(seen);
    if (at !== undefined) {
      if (input.length < (this.#inputs[at] as Input).length) this.#inputs[at] = input;
    } else if (this.#inputs.length < MAX_INPUTS) {
      this.#seen.set(seen, this.#inputs.length);
      this.#inputs.push(input);
    }
  }

  pick(random: Random): Input {
    return this.#inputs.length === 0 ? [] : random.pick(this.#inputs);
  }
}
