// What can befall calls and connections, as commands that fast-check draws, orders and shrinks.
import type { AsyncCommand } from "fast-check";
import fc from "fast-check";
import type { StreamCall } from "../../packages/protocol/src/stream-call.ts";
import type { VertexError } from "../../packages/protocol/src/vertex-error.ts";
import { chat, collect, count, echo, type Note, tell } from "../support/protocol/lab-service.ts";
import { microtasks } from "../support/protocol/manual-environment.ts";
import { type CallRecord, type End, howItFailed, type Model, type Shape, type Verdict } from "./model.ts";
import type { System } from "./system.ts";

export type Command = AsyncCommand<Model, System>;

/** What the test holds of a call beside its record. */
interface Held {
  readonly abort: AbortController;
  readonly stream: StreamCall<Note, Note> | null;
  readonly reads: AsyncIterator<Note> | null;
  /** Messages that have been read. */
  read: number;
}

const held = new WeakMap<CallRecord, Held>();

/** Longest deadline of a call, in milliseconds. */
export const LONGEST_MS = 400;

/** A command from its words, what it needs, and what it does. */
function command(
  words: string,
  check: (model: Model) => boolean,
  run: (model: Model, system: System) => Promise<void> | void,
): Command {
  return {
    check: (model) => model.broken === null && check(model),
    run: async (model, system) => {
      await run(model, system);
      await microtasks();
      if (model.broken !== null) throw new Error(model.broken);
    },
    toString: () => words,
  };
}

/** One of the calls that are fit, whatever their number. */
function pick(calls: readonly CallRecord[], at: number): CallRecord | undefined {
  return calls[Math.floor(at * calls.length)];
}

function onCall(
  words: string,
  at: number,
  fit: (record: CallRecord) => boolean,
  run: (record: CallRecord, system: System, held: Held) => Promise<void> | void,
): Command {
  const chosen = (model: Model) => pick(model.calls.filter(fit), at);
  return command(
    `${words} ${at.toFixed(2)}`,
    (model) => chosen(model) !== undefined,
    (model, system) => {
      const record = chosen(model);
      const own = record === undefined ? undefined : held.get(record);
      if (record !== undefined && own !== undefined) return run(record, system, own);
    },
  );
}

/** Makes a call. */
export function begin(
  model: Model,
  system: System,
  shape: Shape,
  from: End,
  timeoutMs: number,
  size = 0,
): void {
  const record = model.begin(shape, from, system.env.now + timeoutMs);
  const abort = new AbortController();
  const options = { timeoutMs, signal: abort.signal, metadata: { call: record.name } };
  const request = { text: `${record.name} ${"x".repeat(size)}` };
  const caller = system.caller(from);
  const stream = open(caller, shape, request, options);
  const reads = stream?.[Symbol.asyncIterator]() ?? null;
  held.set(record, { abort, stream, reads, read: 0 });
  let ended: Promise<unknown>;
  if (shape === "unary") ended = caller.unary(echo, request, options).then((answer) => same(answer, request));
  else if (shape === "oneWay") ended = caller.oneWay(tell, request, options);
  else ended = stream?.trailers ?? Promise.resolve();
  ended.then(
    () => model.settled(record, null, system.env.now),
    (error: VertexError) => model.settled(record, error, system.env.now),
  );
}

function open(
  caller: System["dialing"],
  shape: Shape,
  request: Note,
  options: Parameters<System["dialing"]["unary"]>[2],
): StreamCall<Note, Note> | null {
  if (shape === "list") return caller.serverStream(count, request, options) as StreamCall<Note, Note>;
  // What is beneath a client stream: its own face ends the requests to wait for the answer.
  if (shape === "upload") return caller.duplex(collect, options) as StreamCall<Note, Note>;
  return shape === "chat" ? (caller.duplex(chat, options) as StreamCall<Note, Note>) : null;
}

function same(answer: Note, request: Note): void {
  if (answer.text !== request.text) throw new Error(`was answered with ${answer.text.slice(0, 20)}`);
}

const streams = ({ shape }: CallRecord) => shape === "upload" || shape === "chat";
const isOpen = ({ ends }: CallRecord) => ends.length === 0;
const share = fc.double({ min: 0, max: 0.999, noNaN: true });
const ends = fc.constantFrom<End>("dialer", "dialer", "acceptor");

function callCommand([shape, from, timeoutMs, size]: readonly [Shape, End, number, number]): Command {
  return command(
    `${shape} from the ${from}, ${timeoutMs} ms, ${size} bytes`,
    () => true,
    (model, system) => begin(model, system, shape, from, timeoutMs, size),
  );
}

function write(at: number, size: number): Command {
  const fit = (record: CallRecord) => streams(record) && isOpen(record) && !record.halfClosed;
  return onCall(`write ${size} bytes to`, at, fit, (record, _, { stream }) => {
    const text = `${record.written++} ${"x".repeat(size)}`;
    // A write that cannot be made fails with the call, of which its own promise tells.
    stream?.write({ text }).catch(() => {});
  });
}

function halfClose(at: number): Command {
  const fit = (record: CallRecord) => streams(record) && isOpen(record) && !record.halfClosed;
  return onCall("half-close", at, fit, (record, _, { stream }) => {
    record.halfClosed = true;
    stream?.end().catch(() => {});
  });
}

/** Reads one message; the next one is read only when that has come. */
function read(model: Model, record: CallRecord, own: Held): void {
  record.reading = true;
  own.reads?.next().then(
    ({ done, value }) => {
      record.reading = false;
      if (done === true || record.shape === "upload") return;
      const expected = String(own.read++);
      if (!value.text.startsWith(`${expected} `)) {
        model.fail(record, `brought ${value.text.slice(0, 6)} as message ${expected}`);
      }
    },
    () => {
      record.reading = false;
    },
  );
}

function readOne(at: number): Command {
  const fit = (record: CallRecord) => held.get(record)?.reads != null && !record.reading && isOpen(record);
  const words = `read from ${at.toFixed(2)}`;
  const chosen = (model: Model) => pick(model.calls.filter(fit), at);
  return command(
    words,
    (model) => chosen(model) !== undefined,
    (model) => {
      const record = chosen(model);
      const own = record === undefined ? undefined : held.get(record);
      if (record !== undefined && own !== undefined) read(model, record, own);
    },
  );
}

function cancel(at: number): Command {
  return onCall("cancel", at, isOpen, (record, _, { abort }) => {
    record.cancelled = true;
    abort.abort();
  });
}

/** A stream that is over is cancelled all the same: the first end stands. */
function cancelLate(at: number): Command {
  const fit = (record: CallRecord) => held.get(record)?.stream != null && !isOpen(record);
  return onCall("cancel too late", at, fit, (_, __, { stream }) => stream?.cancel());
}

function leave(at: number): Command {
  const fit = (record: CallRecord) => held.get(record)?.reads != null && isOpen(record) && !record.reading;
  return onCall("leave the loop of", at, fit, async (record, _, { reads }) => {
    record.cancelled = true;
    await reads?.return?.();
  });
}

function tellHandler(order: Verdict | "yield", at: number): Command {
  const fit = (record: CallRecord) =>
    record.told === null && (order !== "yield" || record.shape === "list" || record.shape === "chat");
  return onCall(`handler: ${order}`, at, fit, (record, system) => {
    if (order !== "yield") record.told = order;
    system.handlers.tell(record, order);
  });
}

const linked = (model: Model) => model.linked;

function drain(end: End, graceMs: number): Command {
  return command(`the ${end} drains for ${graceMs} ms`, linked, (model, system) => {
    model.disrupt();
    system.sessions[end]?.drain(graceMs, "a drain");
  });
}

function close(end: End): Command {
  return command(`the ${end} closes`, linked, (model, system) => {
    model.disrupt();
    system.sessions[end]?.close("SHUTDOWN", "a close");
  });
}

function lose(): Command {
  return command("the link is lost", linked, (model, system) => {
    model.disrupt();
    system.lose();
  });
}

function reconnect(): Command {
  // What drains still goes on beside the new connection, as with a client.
  const fit = (model: Model) => !model.linked && !model.shut;
  return command("reconnect", fit, (model, system) => {
    model.linked = true;
    system.connect();
  });
}

function shutDown(graceMs: number): Command {
  const fit = (model: Model) => !model.shut;
  return command(`the dialer shuts down within ${graceMs} ms`, fit, (model, system) => {
    model.shut = true;
    model.disrupt();
    for (const record of model.open) if (record.from === "dialer") record.shut = true;
    system.shutDown(graceMs);
  });
}

function pass(ms: number): Command {
  return command(
    `${ms} ms pass`,
    () => true,
    (_, system) => system.env.advance(ms),
  );
}

const orders = fc.constantFrom<Verdict | "yield">(
  "answer",
  "answer",
  "answer",
  "status",
  "bug",
  "yield",
  "yield",
  "yield",
);
const grace = fc.integer({ min: 0, max: 300 });

/** Commands, as often as they are of use. */
export const arbitraries: readonly fc.WeightedArbitrary<Command>[] = [
  {
    weight: 24,
    arbitrary: fc
      .tuple(
        fc.constantFrom<Shape>("unary", "unary", "oneWay", "list", "upload", "chat"),
        ends,
        fc.integer({ min: 5, max: LONGEST_MS }),
        fc.oneof(
          { weight: 3, arbitrary: fc.constant(0) },
          { weight: 1, arbitrary: fc.integer({ min: 1, max: 4_000 }) },
        ),
      )
      .map(callCommand),
  },
  {
    weight: 10,
    arbitrary: fc.tuple(share, fc.integer({ min: 0, max: 2_500 })).map(([at, size]) => write(at, size)),
  },
  { weight: 4, arbitrary: share.map(halfClose) },
  { weight: 12, arbitrary: share.map(readOne) },
  { weight: 4, arbitrary: share.map(cancel) },
  { weight: 3, arbitrary: share.map(leave) },
  { weight: 2, arbitrary: share.map(cancelLate) },
  { weight: 24, arbitrary: fc.tuple(orders, share).map(([order, at]) => tellHandler(order, at)) },
  { weight: 10, arbitrary: fc.integer({ min: 1, max: 120 }).map(pass) },
  { weight: 2, arbitrary: fc.tuple(ends, grace).map(([end, ms]) => drain(end, ms)) },
  { weight: 1, arbitrary: ends.map(close) },
  { weight: 2, arbitrary: fc.constant(0).map(lose) },
  { weight: 5, arbitrary: fc.constant(0).map(reconnect) },
  { weight: 1, arbitrary: grace.map(shutDown) },
];

/** The end of a stream is the same whenever one asks for it. */
export async function askAgain(model: Model): Promise<void> {
  for (const record of model.calls) {
    const { stream } = held.get(record) ?? { stream: null };
    const how = await stream?.trailers.then(() => "well", howItFailed);
    if (how !== undefined && how !== record.how) model.fail(record, `ended as ${record.how}, then as ${how}`);
  }
}

/** Reads what is left of the streams that ended well: all that was yielded must have come. */
export async function readRest(model: Model, calls: readonly CallRecord[]): Promise<void> {
  for (const record of calls) {
    const own = held.get(record);
    if (own?.reads == null || record.ends[0] !== "well" || record.shape === "upload") continue;
    for (let turns = 0; own.read < record.yielded && turns < 1_000; turns++) {
      if (!record.reading) read(model, record, own);
      await microtasks();
      if (!record.reading && own.read === 0 && turns > 10) break;
    }
    if (own.read !== record.yielded) {
      model.fail(record, `ended well and brought ${own.read} of ${record.yielded} messages`);
    }
  }
}
