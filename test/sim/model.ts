// What the simulated programs know of every call, and what must be true of it: settled once and in time, with an
// outcome that agrees with what the handler saw.
import { type Outcome, VertexError } from "@vertex/protocol";
import type { SimLife, SimNode, VirtualTime } from "@vertex/protocol/testing";
import { mayRunTwice, type Plan, shouldSucceed } from "./plan.ts";

/** A call may settle so much later than its deadline, in milliseconds of its caller's own running time. */
const SLACK_MS = 100;
/** A call that has settled is remembered for so long: its handler must not be entered after "not-executed". */
const MEMORY_MS = 240_000;
const TAIL = 40;

/** One call. */
export interface CallRecord {
  readonly key: number;
  readonly plan: Plan;
  readonly caller: SimNode;
  readonly life: SimLife;
  /** On the caller's clock. */
  deadlineAt: number;
  /** How often a handler was entered, and settled. */
  entered: number;
  left: number;
  /** True when the caller has said that no more requests come. */
  sentAll: boolean;
  /** The signal was aborted at this time of the caller's clock; -1: it was not. */
  cancelledAt: number;
  /** How it ended for its caller; null while it is open. */
  end: { readonly outcome: Outcome | "well"; readonly at: number } | null;
  /** Nothing may fail while it runs. */
  readonly sheltered: boolean;
  /** What befell it, and when: put in words only when somebody wants to read it. */
  readonly story: { readonly at: number; readonly what: string }[];
}

/** Something that must never be has been. */
export class Violation extends Error {
  override readonly name = "Violation";
  readonly record: CallRecord | undefined;

  constructor(message: string, record?: CallRecord) {
    super(record === undefined ? message : `call ${record.key} (${record.plan.shape}): ${message}`);
    this.record = record;
  }
}

export interface ModelCounts {
  calls: number;
  succeeded: number;
  readonly failed: Record<string, number>;
  forgotten: number;
}

/** What a scenario promises beyond what always holds. */
export interface Promises {
  /** Nothing fails by itself: calls end badly only where their own plan says so. */
  readonly noFailures: boolean;
}

export class Model {
  readonly time: VirtualTime;
  readonly counts: ModelCounts = { calls: 0, succeeded: 0, failed: {}, forgotten: 0 };
  /** Handlers that run now, those of killed servers left out. */
  readonly running = new WeakMap<SimLife, number>();
  promises: Promises = { noFailures: false };
  /** Keeps no stories of calls that are over: for runs whose heap is measured. */
  forgetful = false;
  /** Calls that may still be heard of, by key, and those of them whose programs still run. */
  readonly #records = new Map<number, CallRecord>();
  readonly #unfinished = new Set<CallRecord>();
  readonly #settled: { record: CallRecord; at: number }[] = [];
  #settledHead = 0;
  readonly #tail: string[] = [];
  #keys = 0;

  constructor(time: VirtualTime) {
    this.time = time;
  }

  /** Calls that have not settled, of callers that live. */
  get open(): CallRecord[] {
    return [...this.#unfinished].filter((record) => !record.life.ended);
  }

  /** Calls that are remembered. */
  get remembered(): number {
    return this.#records.size;
  }

  /** The last things that befell the world. */
  get tail(): readonly string[] {
    return this.#tail;
  }

  /** Something befell the world. */
  note(what: string): void {
    this.#tail.push(`${stamp(this.time.now)} ${what}`);
    if (this.#tail.length > TAIL) this.#tail.shift();
  }

  /** The first thing that must never be; null while there is none. */
  violation: Violation | null = null;

  /** Notes a violation, to be thrown: whoever catches it, the run fails. */
  broken(message: string, record?: CallRecord): Violation {
    const violation = new Violation(message, record);
    this.violation ??= violation;
    return violation;
  }

  begin(plan: Plan, caller: SimNode): CallRecord {
    const record: CallRecord = {
      key: ++this.#keys,
      plan,
      caller,
      life: caller.life,
      deadlineAt: caller.now() + plan.timeoutMs,
      entered: 0,
      left: 0,
      sentAll: false,
      cancelledAt: -1,
      end: null,
      sheltered: this.promises.noFailures,
      story: [],
    };
    this.counts.calls++;
    this.#records.set(record.key, record);
    this.#unfinished.add(record);
    this.tell(record, `starts on ${caller.name}`);
    return record;
  }

  /** The record of a call that arrives at a handler. */
  find(key: number): CallRecord {
    const record = this.#records.get(key);
    if (record === undefined) throw this.broken(`a handler was entered for call ${key}, which is long over`);
    return record;
  }

  tell(record: CallRecord, what: string): void {
    record.story.push({ at: this.time.now, what });
  }

  /** A handler has been entered. */
  entered(record: CallRecord, node: SimNode, life: SimLife): void {
    record.entered++;
    this.tell(record, `enters ${node.name}`);
    this.running.set(life, (this.running.get(life) ?? 0) + 1);
    if (record.entered > 1 && !mayRunTwice(record.plan)) throw this.broken("was executed twice", record);
    if (record.end?.outcome === "not-executed") {
      throw this.broken("is executed after it failed as not-executed", record);
    }
  }

  /** A handler has settled. */
  left(record: CallRecord, node: SimNode, life: SimLife, how: string): void {
    record.left++;
    this.tell(record, `leaves ${node.name}: ${how}`);
    this.running.set(life, (this.running.get(life) ?? 0) - 1);
  }

  /** The caller's promise has settled, or its stream has ended. */
  settled(record: CallRecord, error: unknown): void {
    const now = record.caller.now();
    if (record.end !== null) throw this.broken("settled twice", record);
    this.tell(record, `settles: ${describe(error)}`);
    if (error !== null && !(error instanceof VertexError)) {
      throw this.broken(`failed with something else than a VertexError: ${String(error)}`, record);
    }
    record.end = { outcome: error === null ? "well" : error.outcome, at: now };
    this.#checkTime(record, now);
    if (error === null) this.#checkSuccess(record);
    else this.#checkFailure(record, error);
  }

  /** The caller's program has finished with the call. */
  done(record: CallRecord): void {
    this.#unfinished.delete(record);
    if (this.forgetful) record.story.length = 0;
    this.#settled.push({ record, at: this.time.now });
  }

  /** A one-way call failed after its promise had resolved. */
  oneWayFailed(error: VertexError): void {
    // Not thrown: this is called from inside the client.
    if (this.promises.noFailures) this.broken(`a one-way call failed: ${describe(error)}`);
  }

  /** To be called often: finds calls that hang, and forgets those that are long over. */
  audit(): void {
    for (const record of this.#unfinished) {
      if (record.life.ended) this.done(record);
      else if (record.end === null && !record.caller.paused) this.#checkTime(record, record.caller.now());
    }
    const queue = this.#settled;
    while (this.#settledHead < queue.length) {
      const { record, at } = queue[this.#settledHead] as (typeof queue)[number];
      if (at > this.time.now - MEMORY_MS) break;
      this.#settledHead++;
      this.#forget(record);
    }
    if (this.#settledHead > 1_000 || this.#settledHead === queue.length) {
      queue.splice(0, this.#settledHead);
      this.#settledHead = 0;
    }
  }

  #forget(record: CallRecord): void {
    if (!this.#records.delete(record.key)) return;
    this.counts.forgotten++;
    const lost = record.plan.shape === "tell" && record.entered === 0 && record.end?.outcome === "well";
    if (record.sheltered && lost && !record.life.ended) throw this.broken("was lost", record);
  }

  #checkTime(record: CallRecord, now: number): void {
    const { caller, deadlineAt, cancelledAt, plan } = record;
    const due = cancelledAt >= 0 ? Math.min(deadlineAt, cancelledAt) : deadlineAt;
    const slack = SLACK_MS + plan.sendGapMs;
    const late = now - Math.max(due, caller.disturbedAt);
    if (late > slack) throw this.broken(`is ${Math.round(late)} ms late`, record);
  }

  #checkSuccess(record: CallRecord): void {
    this.counts.succeeded++;
    if (record.entered === 0 && record.plan.shape !== "tell") {
      throw this.broken("succeeded without having been executed", record);
    }
  }

  #checkFailure(record: CallRecord, error: VertexError): void {
    const { failed } = this.counts;
    const name = `${error.code} ${error.outcome}`;
    failed[name] = (failed[name] ?? 0) + 1;
    if (error.outcome === "executed" && record.entered === 0) {
      throw this.broken(`failed as executed, and was not: ${describe(error)}`, record);
    }
    if (error.outcome === "not-executed" && record.entered > 0) {
      throw this.broken(`failed as not-executed, and was: ${describe(error)}`, record);
    }
    if (!allowed(record.plan, error)) throw this.broken(`failed as it cannot: ${describe(error)}`, record);
    if (record.sheltered && shouldSucceed(record.plan)) {
      throw this.broken(`failed where nothing may fail: ${describe(error)}`, record);
    }
  }
}

function allowed({ answer }: Plan, { code, family }: VertexError): boolean {
  if (family === "protocol" || family === "usage") return code === "CANCELLED";
  switch (code) {
    case "UNAVAILABLE":
    case "DEADLINE_EXCEEDED":
    case "CANCELLED":
    case "RESOURCE_EXHAUSTED":
      return true;
    case "ABORTED":
      return answer === "status";
    case "INTERNAL":
      return answer === "throws";
    default:
      return false;
  }
}

/** An end in words. */
export function describe(error: unknown): string {
  if (error === null) return "well";
  if (!(error instanceof VertexError)) return String(error);
  return `${error.code}, ${error.outcome}, ${error.family}: ${error.message}`;
}

/** A virtual time in words. */
export function stamp(ms: number): string {
  return `${(ms / 1_000).toFixed(4).padStart(12)} s`;
}
