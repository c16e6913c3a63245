// Handlers that do what the plan of their call says, and tell the model what they saw.
import { type CallContext, lent, VertexError } from "@vertex/protocol";
import type { SimLife, SimNode } from "@vertex/protocol/testing";
import { type CallRecord, describe, type Model } from "./model.ts";
import { filler, intact, type Parcel, type ParcelHandlers } from "./parcel-service.ts";

/** Handlers for one run of a node. */
export class Handlers implements ParcelHandlers {
  readonly #model: Model;
  readonly #node: SimNode;
  readonly #life: SimLife;

  constructor(model: Model, node: SimNode) {
    this.#model = model;
    this.#node = node;
    this.#life = node.life;
  }

  ask(request: Parcel, context: CallContext): Promise<Parcel> | Parcel {
    const record = this.#enter(request);
    // Handlers that answer at once take another way through the session.
    if (record.plan.handlerMs === 0 && record.plan.answer === "ok") {
      this.#leave(record, "at once");
      return answer(record, 0);
    }
    return this.#run(record, async () => {
      await this.#work(record, context);
      return answer(record, 0);
    });
  }

  askAgain(request: Parcel, context: CallContext): Promise<Parcel> | Parcel {
    return this.ask(request, context);
  }

  tell(request: Parcel, context: CallContext): Promise<void> {
    const record = this.#enter(request);
    return this.#run(record, () => this.#work(record, context));
  }

  async *list(request: Parcel, context: CallContext): AsyncGenerator<Parcel> {
    const record = this.#enter(request);
    yield* this.#guarded(record, this.#answers(record, context));
  }

  async collect(requests: AsyncIterable<Parcel>, context: CallContext): Promise<Parcel> {
    const reading = lent(requests)[Symbol.asyncIterator]();
    const record = await this.#first(reading);
    return this.#run(record, async () => {
      await this.#work(record, context);
      return answer(record, await this.#rest(record, reading));
    });
  }

  async *chat(requests: AsyncIterable<Parcel>, context: CallContext): AsyncGenerator<Parcel> {
    const reading = requests[Symbol.asyncIterator]();
    const record = await this.#first(reading);
    yield* this.#guarded(record, this.#exchange(record, reading, context));
  }

  async *#exchange(record: CallRecord, reading: AsyncIterator<Parcel>, context: CallContext) {
    const rest = this.#rest(record, reading);
    rest.catch(() => {});
    yield* this.#answers(record, context);
    await rest;
  }

  async *#answers(record: CallRecord, context: CallContext): AsyncGenerator<Parcel> {
    const { plan } = record;
    await this.#work(record, context);
    for (let seq = 0; seq < plan.responses; seq++) {
      if (plan.obeys && context.cancelled) return;
      yield answer(record, seq);
      if (plan.sendGapMs > 0) await this.#node.sleep(plan.sendGapMs);
    }
    if (plan.answer === "status") throw new VertexError("ABORTED", "as planned, at the end");
  }

  /** The first message of a stream says which call it is. */
  async #first(reading: AsyncIterator<Parcel>): Promise<CallRecord> {
    const first = await reading.next();
    if (first.done === true) throw this.#model.broken("a stream of requests ended before its first message");
    return this.#enter(first.value);
  }

  /** Reads on, and checks that nothing is missing, spoilt or out of its place. @returns how many came in all. */
  async #rest(record: CallRecord, reading: AsyncIterator<Parcel>): Promise<number> {
    let last: Parcel | undefined;
    for (let seen = 1; ; seen++) {
      if (record.plan.answer === "early") {
        await reading.return?.();
        return seen;
      }
      if (record.plan.readGapMs > 0) await this.#node.sleep(record.plan.readGapMs);
      if (last !== undefined && !intact(last))
        throw this.#model.broken("a request changed under its reader", record);
      const next = await reading.next();
      if (next.done === true) {
        const all = record.plan.requests + 1;
        // A handler that has ended already has given up the rest of its requests.
        if ((record.sentAll && seen === all) || record.left > 0) return seen;
        throw this.#model.broken(`its requests ended well after ${seen} of ${all}`, record);
      }
      last = next.value;
      const { key, seq } = next.value;
      if (key !== record.key || seq !== seen || !intact(next.value)) {
        throw this.#model.broken(`request ${seen} of it came as ${seq} of call ${key}, or spoilt`, record);
      }
    }
  }

  #enter(request: Parcel): CallRecord {
    const record = this.#model.find(request.key);
    if (!intact(request) || request.seq !== 0) throw this.#model.broken("arrived spoilt", record);
    this.#model.entered(record, this.#node, this.#life);
    return record;
  }

  #leave(record: CallRecord, how: string): void {
    this.#model.left(record, this.#node, this.#life, how);
  }

  async *#guarded(record: CallRecord, answers: AsyncGenerator<Parcel>): AsyncGenerator<Parcel> {
    let how = "left by its session";
    try {
      yield* answers;
      how = "well";
    } catch (error) {
      how = describe(error);
      throw error;
    } finally {
      this.#leave(record, how);
    }
  }

  async #run<T>(record: CallRecord, work: () => Promise<T>): Promise<T> {
    let how = "well";
    try {
      return await work();
    } catch (error) {
      how = describe(error);
      throw error;
    } finally {
      this.#leave(record, how);
    }
  }

  async #work({ plan }: CallRecord, context: CallContext): Promise<void> {
    if (plan.handlerMs > 0) {
      if (plan.obeys) await sleepUnlessGone(this.#node, plan.handlerMs, context);
      else await this.#node.sleep(plan.handlerMs);
    }
    if (plan.answer === "throws") throw new Error("a bug, as planned");
    const streams = plan.shape === "list" || plan.shape === "chat";
    if (plan.answer === "status" && !streams) throw new VertexError("ABORTED", "as planned");
  }
}

function answer({ key, plan }: CallRecord, seq: number): Parcel {
  return { key, seq, bytes: filler(key, seq, plan.responseBytes) };
}

function sleepUnlessGone(node: SimNode, ms: number, { signal }: CallContext): Promise<void> {
  return new Promise((resolve, reject) => {
    const gone = () => reject(signal.reason);
    signal.addEventListener("abort", gone, { once: true });
    node.after(ms, () => {
      signal.removeEventListener("abort", gone);
      resolve();
    });
  });
}
