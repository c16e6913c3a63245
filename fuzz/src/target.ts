// What the engine knows of the thing under test.

import type { Input } from "./input.ts";
import type { Random } from "./random.ts";

/** Something to feed. */
export interface Target {
  readonly name: string;
  /** One line for `--list`. */
  readonly about: string;
  /** Its runs may take seconds: compilers and other processes do the work. */
  readonly patient?: boolean;
  /** Makes an input: mostly valid, so that it gets far before it is mutated. */
  generate(random: Random): Input;
  /**
   * Runs one input from a clean start. The same input behaves the same, whatever ran before.
   * @returns what was seen, in a few words: an input that shows something new is kept and built upon.
   * @throws whatever goes wrong: that is a finding.
   */
  run(input: Input): string | Promise<string>;
  /** Ends what `run` has started and kept for the next run. */
  close?(): Promise<void>;
}

/** Something that must hold did not. */
export class Finding extends Error {
  override readonly name = "Finding";
}

/** @throws Finding unless `condition` holds. */
export function mustHold(condition: boolean, message: string): asserts condition {
  if (!condition) throw new Finding(message);
}
