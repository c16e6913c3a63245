// What must be true of every call, whatever befalls it: it settles once, in time, and only as what has befallen it
// allows.
import type { VertexError } from "../../packages/protocol/src/vertex-error.ts";

export type End = "dialer" | "acceptor";
export type Shape = "unary" | "oneWay" | "list" | "upload" | "chat";
/** What the test tells a handler to do in the end. */
export type Verdict = "answer" | "status" | "bug";

/** A call may settle so much later than its deadline, in milliseconds: the turn of the wheel, and some. */
const LATE_MS = 40;

/** One call, and all that has befallen it. */
export interface CallRecord {
  readonly name: string;
  readonly shape: Shape;
  readonly from: End;
  readonly deadlineAt: number;
  /** Its connection was drained, closed or lost while it was open, or there was none. */
  disrupted: boolean;
  /** Its own side has cancelled it, or left its loop. */
  cancelled: boolean;
  /** Its own side has been shut down: it may be finished, or not. */
  shut: boolean;
  /** Its own side has said that no more messages come. */
  halfClosed: boolean;
  /** Messages that its own side has written, and that its handler has yielded. */
  written: number;
  yielded: number;
  /** What its handler has been told to do in the end. */
  told: Verdict | null;
  /** How often a handler was entered, and has settled. */
  entered: number;
  left: number;
  /** Its handler stops when it is told that its caller has gone. */
  obeys: boolean;
  /** A read that the test waits for. */
  reading: boolean;
  /** How often the call has settled, and as what: "well" or the outcome of its error. */
  ends: string[];
  /** The same in words, with the code. */
  how: string;
}

/** The calls of a sequence. */
export class Model {
  readonly calls: CallRecord[] = [];
  /** Whether the two ends have a connection that takes calls. */
  linked = true;
  /** Whether the dialing side has been closed for good. */
  shut = false;
  /** The first thing that must never be. */
  broken: string | null = null;

  begin(shape: Shape, from: End, deadlineAt: number): CallRecord {
    const record: CallRecord = {
      name: `call-${this.calls.length + 1}`,
      shape,
      from,
      deadlineAt,
      disrupted: !this.linked,
      cancelled: false,
      shut: this.shut && from === "dialer",
      halfClosed: false,
      written: 0,
      yielded: 0,
      told: null,
      entered: 0,
      left: 0,
      obeys: false,
      reading: false,
      ends: [],
      how: "open",
    };
    this.calls.push(record);
    return record;
  }

  get open(): CallRecord[] {
    return this.calls.filter(({ ends }) => ends.length === 0);
  }

  /** The connection is drained, closed or lost: calls that are open may be unavailable. */
  disrupt(): void {
    this.linked = false;
    for (const record of this.open) record.disrupted = true;
  }

  fail(record: CallRecord, what: string): void {
    this.broken ??= `${record.name} (${record.shape} from the ${record.from}) ${what}`;
  }

  entered(record: CallRecord): void {
    record.entered++;
    if (record.entered > 1) this.fail(record, "was executed twice");
    if (record.ends[0] === "not-executed") this.fail(record, "was executed after it failed as not-executed");
  }

  settled(record: CallRecord, error: VertexError | null, now: number): void {
    record.ends.push(error === null ? "well" : error.outcome);
    record.how = error === null ? "well" : howItFailed(error);
    if (record.ends.length > 1) return this.fail(record, `settled ${record.ends.length} times`);
    const late = now - record.deadlineAt;
    if (late > LATE_MS) this.fail(record, `settled ${Math.round(late)} ms late`);
    const why = error === null ? problemOfSuccess(record) : problemOfFailure(record, error, now);
    if (why !== "") this.fail(record, why);
  }
}

/** An end in words. */
export function howItFailed({ code, outcome }: VertexError): string {
  return `${code} ${outcome}`;
}

function problemOfSuccess({ shape, entered, told, cancelled }: CallRecord): string {
  if (shape === "oneWay") return "";
  if (cancelled) return "succeeded although it had been cancelled";
  if (entered === 0) return "succeeded without having been executed";
  return told === "answer" ? "" : `succeeded although its handler was told ${told ?? "nothing"}`;
}

function problemOfFailure(record: CallRecord, { code, outcome, message }: VertexError, now: number): string {
  const { entered, told, cancelled, shut, disrupted, deadlineAt } = record;
  const end = `${code}, ${outcome} (${message})`;
  if (outcome === "not-executed" && entered > 0) return `was executed, and failed as ${end}`;
  if (outcome === "executed" && entered === 0) return `was not executed, and failed as ${end}`;
  const allowed: Readonly<Record<string, boolean>> = {
    CANCELLED: cancelled || shut,
    DEADLINE_EXCEEDED: now >= deadlineAt,
    UNAVAILABLE: disrupted,
    ABORTED: told === "status" && outcome === "executed",
    INTERNAL: told === "bug" && outcome === "executed",
  };
  return allowed[code] === true ? "" : `failed as it could not: ${end}`;
}
