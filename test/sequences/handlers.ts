// Handlers that do what the test tells them, when it does.
import type { CallContext } from "../../packages/protocol/src/call.ts";
import { VertexError } from "../../packages/protocol/src/vertex-error.ts";
import type { LabHandlers, Note } from "../support/protocol/lab-service.ts";
import type { CallRecord, End, Model, Verdict } from "./model.ts";

/** One handler at work. */
class Run {
  readonly record: CallRecord;
  readonly #orders: (Verdict | "yield")[] = [];
  #wake: (() => void) | null = null;
  #aborted = false;

  constructor(record: CallRecord, context: CallContext) {
    this.record = record;
    if (!record.obeys) return;
    const stop = () => {
      this.#aborted = true;
      this.#wake?.();
    };
    context.signal.addEventListener("abort", stop);
    if (context.cancelled) stop();
  }

  tell(order: Verdict | "yield"): void {
    this.#orders.push(order);
    this.#wake?.();
  }

  /** The next order. @throws Error or VertexError when that is to fail, or when the caller has gone. */
  async next(): Promise<"answer" | "yield"> {
    while (this.#orders.length === 0 && !this.#aborted) {
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
    }
    if (this.#aborted) throw new Error("the caller has gone, as told");
    const order = this.#orders.shift();
    if (order === "status") throw new VertexError("ABORTED", "as told");
    if (order === "bug") throw new TypeError("a bug, as told");
    return order === "yield" ? "yield" : "answer";
  }
}

/** The handlers of both ends. */
export class Handlers {
  readonly #model: Model;
  readonly #runs = new Map<CallRecord, Run>();
  /** What was told before the handler was entered. */
  readonly #early = new Map<CallRecord, (Verdict | "yield")[]>();
  #count = 0;

  constructor(model: Model) {
    this.#model = model;
  }

  /** Tells the handler of a call what to do next, whether it has been entered yet or not. */
  tell(record: CallRecord, order: Verdict | "yield"): void {
    const run = this.#runs.get(record);
    if (run !== undefined) run.tell(order);
    else this.#early.set(record, [...(this.#early.get(record) ?? []), order]);
  }

  /** Ends every handler that still runs. */
  release(): void {
    for (const run of this.#runs.values()) run.tell("answer");
  }

  /** Handlers for calls that come from that end. */
  of(from: End): LabHandlers {
    const model = this.#model;
    const enter = (name: string, context: CallContext) => this.#enter(from, name, context);
    const leave = ({ record }: Run) => {
      record.left++;
    };
    const watchReading = ({ record }: Run, requests: AsyncIterable<Note>) => {
      readAll(requests).catch((error) => {
        if (!(error instanceof VertexError)) model.fail(record, `read its requests, and ${error}`);
      });
    };
    const echo = async (request: Note, context: CallContext) => {
      const run = enter(nameOf(request.text), context);
      try {
        while ((await run.next()) !== "answer");
        return request;
      } finally {
        leave(run);
      }
    };
    const upload = async (requests: AsyncIterable<Note>, context: CallContext) => {
      const run = enter(String(context.metadata.get("call")), context);
      watchReading(run, requests);
      try {
        while ((await run.next()) !== "answer");
        return { text: "" };
      } finally {
        leave(run);
      }
    };
    async function* answers(run: Run): AsyncGenerator<Note> {
      try {
        while ((await run.next()) === "yield") yield { text: `${run.record.yielded++} ${"y".repeat(700)}` };
      } finally {
        leave(run);
      }
    }
    return {
      echo,
      tell: echo,
      collect: upload,
      count: (request, context) => answers(enter(nameOf(request.text), context)),
      chat: (requests, context) => {
        const run = enter(String(context.metadata.get("call")), context);
        watchReading(run, requests);
        return answers(run);
      },
    };
  }

  #enter(from: End, name: string, context: CallContext): Run {
    const record = this.#model.calls.find((one) => one.name === name && one.from === from);
    if (record === undefined) throw new Error(`a handler was entered for ${name}, which nobody made`);
    this.#model.entered(record);
    record.obeys = this.#count++ % 2 === 0;
    const run = new Run(record, context);
    this.#runs.set(record, run);
    for (const order of this.#early.get(record) ?? []) run.tell(order);
    return run;
  }
}

function nameOf(text: string): string {
  return text.split(" ", 1)[0] ?? "";
}

async function readAll(requests: AsyncIterable<Note>): Promise<void> {
  let expected = 0;
  for await (const { text } of requests) {
    if (nameOf(text) !== String(expected++))
      throw new Error(`message ${text.slice(0, 9)} came as ${expected}`);
  }
}
