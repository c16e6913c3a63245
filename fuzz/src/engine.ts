// The loop: makes or changes an input, runs it, keeps what is new, and follows up what goes wrong. Knows no target.

import { Corpus, readCorpus } from "./corpus.ts";
import { crashKey, writeCrash } from "./crash.ts";
import type { Input } from "./input.ts";
import { minimise } from "./minimise.ts";
import { mutateInput } from "./mutate.ts";
import { Random } from "./random.ts";
import type { Target } from "./target.ts";

/** A run that takes longer than this, in milliseconds, is run again; when it stays slow, that is a finding. */
const SLOW_MS = 250;
/** Distinct findings after which a target is left alone. */
const MAX_FINDINGS = 10;

/** One distinct finding. */
export interface FoundError {
  readonly key: string;
  readonly error: string;
  readonly command: string;
  /** Runs that ended with it. */
  times: number;
}

/** One target at work. The same seed goes through the same inputs in the same order. */
export class Campaign {
  readonly target: Target;
  readonly findings: FoundError[] = [];
  readonly corpus = new Corpus();
  runs = 0;
  slowestMs = 0;
  /** Time that its steps have taken. */
  spentMs = 0;
  readonly #seed: string;
  readonly #random: Random;
  readonly #queue: Input[];
  readonly #stray: unknown[] = [];
  readonly #onStray = (reason: unknown) => void this.#stray.push(reason);

  readonly #begins: () => void;

  /** @param begins called before every run, those of a minimisation too. */
  constructor(target: Target, seed: string, begins: () => void = () => {}) {
    this.target = target;
    this.#begins = begins;
    this.#seed = seed;
    this.#random = new Random(`${seed}/${target.name}`);
    this.#queue = readCorpus(target.name).map(({ input }) => input);
  }

  /** True when more findings would only repeat what is known. */
  get exhausted(): boolean {
    return this.findings.length >= MAX_FINDINGS;
  }

  /** Runs the next input. */
  async step(): Promise<void> {
    const input = this.#queue.shift() ?? this.#next();
    const startedAt = performance.now();
    this.runs++;
    try {
      this.corpus.add(input, await this.attempt(input));
    } catch (error) {
      await this.#found(input, error);
    } finally {
      this.spentMs += performance.now() - startedAt;
    }
  }

  /**
   * Runs one input.
   * @throws what the target throws, what escaped to nobody, or a complaint about the time it took.
   */
  async attempt(input: Input): Promise<string> {
    process.on("unhandledRejection", this.#onStray);
    process.on("uncaughtException", this.#onStray);
    try {
      let ms = Number.POSITIVE_INFINITY;
      let seen = "";
      for (let tries = 0; tries < (this.target.patient ? 1 : 3) && ms > SLOW_MS; tries++) {
        this.#begins();
        // On a busy machine time passes that is not the run's: another try counts what the processor did, too.
        const before = tries === 0 ? undefined : process.cpuUsage();
        const startedAt = performance.now();
        seen = await this.target.run(input);
        ms = Math.min(ms, performance.now() - startedAt);
        if (before === undefined) continue;
        const { user, system } = process.cpuUsage(before);
        ms = Math.min(ms, (user + system) / 1_000);
      }
      this.slowestMs = Math.max(this.slowestMs, ms);
      // Rejections that nobody handles are announced when this turn is over.
      await new Promise((resolve) => setImmediate(resolve));
      const stray = this.#stray.splice(0);
      if (stray.length > 0) throw stray[0];
      if (ms > SLOW_MS && !this.target.patient)
        throw new Error(`slow: more than ${SLOW_MS} ms, three times in a row`);
      return seen;
    } finally {
      process.off("unhandledRejection", this.#onStray);
      process.off("uncaughtException", this.#onStray);
    }
  }

  #next(): Input {
    const random = this.#random;
    const fresh = () => this.target.generate(random);
    if (this.corpus.size === 0 || random.oneIn(3)) return fresh();
    return mutateInput(this.corpus.pick(random), this.corpus.pick(random), fresh, random);
  }

  async #found(input: Input, error: unknown): Promise<void> {
    const key = crashKey(error);
    const known = this.findings.find((finding) => finding.key === key);
    if (known !== undefined) {
      known.times++;
      return;
    }
    const budget = { runs: this.target.patient ? 100 : 8_000 };
    const small = await minimise(input, (smaller) => this.#shows(smaller, key), budget);
    const text = describe(error);
    const command = writeCrash({ target: this.target.name, seed: this.#seed, error: text, input: small });
    this.findings.push({ key, error: text, command, times: 1 });
  }

  async #shows(input: Input, key: string): Promise<boolean> {
    try {
      await this.attempt(input);
      return false;
    } catch (error) {
      return crashKey(error) === key;
    }
  }
}

export function describe(error: unknown): string {
  if (!(error instanceof Error)) return `threw ${String(error)}`;
  const cause = error.cause === undefined ? "" : `\ncaused by: ${describe(error.cause)}`;
  return (error.stack ?? `${error.name}: ${error.message}`) + cause;
}
