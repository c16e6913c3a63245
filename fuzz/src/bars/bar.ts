// What a bar is: a claim about a number of inputs, and the figures that it is held to.

/** How a bar went. */
export interface Verdict {
  /** Inputs tried. */
  readonly tried: number;
  /** What was measured: one line each, the bound beside it. */
  readonly figures: readonly Figure[];
}

export interface Figure {
  readonly what: string;
  readonly value: number;
  /** Most that it may be. */
  readonly most: number;
  readonly unit: string;
}

/** What a bar is given. */
export interface Course {
  /** Inputs to try. */
  readonly count: number;
  readonly seed: string;
  /** Called often, with the inputs tried so far; false when the time is up. */
  readonly goesOn: (tried: number) => boolean;
}

/** One of the project's bars for hostile input. */
export interface Bar {
  readonly name: string;
  readonly about: string;
  /** Other processes do the work: it may be silent for long. */
  readonly patient?: boolean;
  /** Inputs of the whole bar. */
  readonly count: number;
  run(course: Course): Promise<Verdict>;
}
