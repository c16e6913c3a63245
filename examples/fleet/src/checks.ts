// What must hold in the demo. One that did not makes it fail.

/** One promise, kept or not. */
export interface Check {
  readonly what: string;
  readonly held: boolean;
  /** What was seen instead. */
  readonly seen: string;
}

/** The promises of a demo. */
export class Checks {
  readonly all: Check[] = [];

  /** Notes whether `what` held. `seen` is shown where it did not. */
  must(what: string, held: boolean, seen = ""): void {
    this.all.push({ what, held, seen });
  }

  get failed(): boolean {
    return this.all.some(({ held }) => !held);
  }
}
