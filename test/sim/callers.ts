// Programs that make one call each, as its plan says, and tell the model what came of it.
import { lent, type ServerStream } from "@vertex/protocol";
import type { CallRecord, Model } from "./model.ts";
import { filler, intact, type Parcel, type ParcelStub } from "./parcel-service.ts";

/** Makes one call. */
export function makeCall(model: Model, stub: ParcelStub, record: CallRecord): void {
  const call = new CallProgram(model, stub, record);
  call.start().then(
    () => model.done(record),
    (error) => {
      model.broken(`its program failed: ${String(error)}`, record);
    },
  );
}

class CallProgram {
  readonly #model: Model;
  readonly #stub: ParcelStub;
  readonly #record: CallRecord;
  /** Only for calls that are to be cancelled: most of a simulated day are not. */
  readonly #abort: AbortController | null;

  constructor(model: Model, stub: ParcelStub, record: CallRecord) {
    this.#model = model;
    this.#stub = stub;
    this.#record = record;
    this.#abort = record.plan.cancelAfterMs >= 0 ? new AbortController() : null;
  }

  async start(): Promise<void> {
    const { plan } = this.#record;
    if (plan.cancelAfterMs >= 0) this.#record.caller.after(plan.cancelAfterMs, () => this.#cancel());
    switch (plan.shape) {
      case "ask":
      case "askAgain":
        return this.#once(async () =>
          this.#checkAnswer(await this.#stub[plan.shape as "ask"](...this.#request())),
        );
      case "tell":
        return this.#once(() => this.#stub.tell(...this.#request()));
      case "list":
        return this.#read(this.#stub.list(...this.#request()));
      case "collect":
        return this.#once(() => this.#collect());
      case "chat":
        return this.#chat();
    }
  }

  get #options() {
    const { plan } = this.#record;
    return { timeoutMs: plan.timeoutMs, signal: this.#abort?.signal };
  }

  #request(): [Parcel, { timeoutMs: number; signal: AbortSignal | undefined }] {
    return [this.#message(0), this.#options];
  }

  #message(seq: number): Parcel {
    const { key, plan } = this.#record;
    return { key, seq, bytes: filler(key, seq, plan.requestBytes) };
  }

  #cancel(): void {
    if (this.#record.end !== null) return;
    this.#model.tell(this.#record, "is cancelled");
    this.#record.cancelledAt = this.#record.caller.now();
    this.#abort?.abort();
  }

  async #once(work: () => Promise<void>): Promise<void> {
    let failure: unknown = null;
    try {
      await work();
    } catch (error) {
      failure = error;
    }
    this.#settled(failure);
  }

  #settled(error: unknown): void {
    try {
      this.#model.settled(this.#record, error);
    } catch {
      // The model has noted it; the run ends at the next audit.
    }
  }

  #checkAnswer(response: Parcel): void {
    const { key, plan } = this.#record;
    if (response.key === key && response.bytes.length === plan.responseBytes && intact(response)) return;
    throw this.#model.broken("its answer came spoilt", this.#record);
  }

  async #collect(): Promise<void> {
    const stream = this.#stub.collect(this.#options);
    try {
      await this.#send(stream);
      this.#record.sentAll = true;
    } catch {
      // The call is over, well or not: `end` says which.
    }
    const response = await stream.end();
    this.#checkAnswer(response);
    const { plan } = this.#record;
    if (response.seq !== plan.requests + 1 && plan.answer !== "early") {
      throw this.#model.broken(
        `${response.seq} of its ${plan.requests + 1} requests were read`,
        this.#record,
      );
    }
  }

  async #send(stream: { write(message: Parcel): Promise<void> }): Promise<void> {
    const { plan, caller } = this.#record;
    for (let seq = 0; seq <= plan.requests; seq++) {
      await stream.write(this.#message(seq));
      if (plan.sendGapMs > 0) await caller.sleep(plan.sendGapMs);
    }
  }

  async #chat(): Promise<void> {
    const stream = this.#stub.chat(this.#options);
    const sending = this.#send(stream).then(() => {
      this.#record.sentAll = true;
      return stream.end();
    });
    sending.catch(() => {});
    await this.#read(stream);
  }

  async #read(stream: ServerStream<Parcel>): Promise<void> {
    const { plan, caller } = this.#record;
    stream.trailers.then(
      () => this.#settled(null),
      (error) => this.#settled(error),
    );
    let seen = 0;
    let left = plan.leaveAfter === 0;
    try {
      if (left) stream.cancel();
      else {
        // Every other reader borrows: what it has must stay as it is until it asks for the next.
        for await (const message of this.#record.key % 2 === 0 ? lent(stream) : stream) {
          this.#checkMessage(message, seen++);
          left = seen === plan.leaveAfter;
          if (left) break;
          if (plan.readGapMs > 0) await caller.sleep(plan.readGapMs);
          this.#checkMessage(message, seen - 1);
        }
      }
    } catch {
      return this.#whenSettled();
    }
    await this.#whenSettled();
    if (left || this.#record.end?.outcome !== "well") return;
    if (seen !== plan.responses) {
      throw this.#model.broken(`it ended well after ${seen} of ${plan.responses} answers`, this.#record);
    }
  }

  /** Trailers settle with the call; a few promises later here. */
  async #whenSettled(): Promise<void> {
    for (let turns = 0; turns < 20 && this.#record.end === null; turns++) await Promise.resolve();
    if (this.#record.end === null)
      throw this.#model.broken("its stream ended before its trailers", this.#record);
  }

  #checkMessage(message: Parcel, seen: number): void {
    const { key, plan } = this.#record;
    const { bytes, seq } = message;
    if (message.key === key && seq === seen && bytes.length === plan.responseBytes && intact(message)) return;
    throw this.#model.broken(
      `answer ${seen} of it came as ${seq} of call ${message.key}, or spoilt`,
      this.#record,
    );
  }
}
