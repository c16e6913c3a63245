// Two sessions in memory, and everything that can happen to a call in an order drawn from a seed: answers, errors,
// cancels, deadlines, aborts, drains, closes, a lost link, on both sides, while time passes.
import * as assert from "uvu/assert";
import type { CallContext } from "../../../packages/protocol/src/call.ts";
import type { OutgoingCall } from "../../../packages/protocol/src/outgoing-call.ts";
import type { SessionOptions } from "../../../packages/protocol/src/session-options.ts";
import type { VertexError } from "../../../packages/protocol/src/vertex-error.ts";
import { assertClean, type Gate, gate, joined, type PairLab, type Side, type Watched, watch } from "./lab.ts";
import { chat, collect, count, echo, type LabHandlers, type Note, noteTextOf, tell } from "./lab-service.ts";
import { seededRandom } from "./manual-environment.ts";

interface Asked {
  readonly name: string;
  readonly deadlineAt: number;
  readonly watched: Watched<unknown>;
}

/** How late a call may settle, in milliseconds. */
const LATE_MS = 100;

/** One run. */
export class Chaos {
  readonly #random: () => number;
  readonly #lab: PairLab;
  readonly #asked: Asked[] = [];
  /** How often the handler of each call was entered, by the name that its request carries. */
  readonly #entered: Map<string, number>;
  readonly #gates: Gate<void>[];
  readonly #aborts: AbortController[] = [];
  #calls = 0;

  private constructor(random: () => number, lab: PairLab, entered: Map<string, number>, gates: Gate<void>[]) {
    this.#random = random;
    this.#lab = lab;
    this.#entered = entered;
    this.#gates = gates;
  }

  static async run(seed: number): Promise<void> {
    const random = seededRandom(seed * 2_654_435_761);
    const entered = new Map<string, number>();
    const gates: Gate<void>[] = [];
    const handlers = handlersOf(random, entered, gates);
    const side = () => ({
      options: optionsOf(random),
      handlers,
      mayRepeat: (call: OutgoingCall, error: VertexError) =>
        error.outcome === "not-executed" && call.attempts < 3 && !call.carriesStream,
    });
    const chaos = new Chaos(random, await joined(side(), side(), seed), entered, gates);
    const steps = 10 + Math.floor(random() * 40);
    for (let n = 0; n < steps; n++) await chaos.#step();
    await chaos.#end(seed);
  }

  async #step(): Promise<void> {
    const { dialer, acceptor, env } = this.#lab;
    const side = this.#random() < 0.6 ? dialer : acceptor;
    const dice = this.#random();
    if (dice < 0.45) this.#call(side);
    else if (dice < 0.65) this.#open();
    else if (dice < 0.72) this.#aborts[Math.floor(this.#random() * this.#aborts.length)]?.abort();
    else if (dice < 0.9) await env.advance(this.#random() ** 2 * 150);
    else if (dice < 0.986) await env.settle();
    else if (dice < 0.991) side.session.drain(this.#random() * 400, "drain");
    else if (dice < 0.994) side.session.close("SHUTDOWN", "close");
    else if (dice < 0.997) this.#lab.lose();
    else side.session.close("INTERNAL", "broken");
    if (this.#random() < 0.3) env.endTurn();
  }

  /** Lets a handler go on, well or badly. */
  #open(): void {
    const [chosen] = this.#gates.splice(Math.floor(this.#random() * this.#gates.length), 1);
    if (this.#random() < 0.2) chosen?.reject(new Error("the handler failed"));
    else chosen?.resolve();
  }

  #call(side: Side): void {
    const name = `call ${++this.#calls}`;
    const timeoutMs = 10 + Math.floor(this.#random() * 400);
    const abort = new AbortController();
    if (this.#random() < 0.4) this.#aborts.push(abort);
    const options = { timeoutMs, signal: abort.signal };
    const text = this.#random() < 0.2 ? `${name} ${noteTextOf(3_000)}` : `${name} `;
    const deadlineAt = this.#lab.env.now + timeoutMs;
    const add = (promise: PromiseLike<unknown>) => {
      this.#asked.push({ name, deadlineAt, watched: watch(promise, () => this.#lab.env.now) });
    };
    const { caller } = side;
    const kind = Math.floor(this.#random() * 6);
    const messages = [{ text }, { text: "" }, { text }];
    if (kind <= 1) add(caller.unary(echo, { text }, options));
    else if (kind === 2) add(caller.oneWay(tell, { text }, options));
    else if (kind === 3) add(drained(caller.serverStream(count, { text }, options)));
    else if (kind === 4) add(caller.clientStream(collect, options).send(messages));
    else {
      const duplex = caller.duplex(chat, options);
      add(drained(duplex));
      add(duplex.send(messages));
    }
  }

  async #end(seed: number): Promise<void> {
    const { env, dialer, acceptor } = this.#lab;
    await env.advance(700);
    const say = (asked: Asked, what: string) => `seed ${seed}, ${asked.name}: ${what}`;
    for (const asked of this.#asked) {
      const { state, times, settledAt, error } = asked.watched;
      assert.is.not(state, "pending", say(asked, "never settled"));
      assert.is(times, 1, say(asked, "settled more than once"));
      assert.ok(
        settledAt <= asked.deadlineAt + LATE_MS,
        say(asked, `${settledAt - asked.deadlineAt} ms late`),
      );
      const entered = this.#entered.get(asked.name) ?? 0;
      assert.ok(entered <= 1, say(asked, `its handler was entered ${entered} times`));
      if (error?.outcome === "not-executed") assert.is(entered, 0, say(asked, `ran, but: ${error.message}`));
    }
    for (const open of this.#gates.splice(0)) open.resolve();
    await env.settle();
    dialer.session.close("SHUTDOWN", "the end");
    acceptor.session.close("SHUTDOWN", "the end");
    await env.advance(100);
    for (const open of this.#gates.splice(0)) open.resolve();
    await env.advance(20);
    assertClean(this.#lab, dialer, acceptor);
    assert.equal([dialer.ends.length, acceptor.ends.length], [1, 1], `seed ${seed}`);
    assert.is(env.timers, 0, `seed ${seed}: timers left`);
  }
}

async function drained(stream: AsyncIterable<Note>): Promise<number> {
  let messages = 0;
  for await (const _ of stream) messages++;
  return messages;
}

function optionsOf(random: () => number): SessionOptions {
  const upTo = (most: number) => Math.max(1, Math.floor(Math.exp(random() * Math.log(most))));
  return {
    maxFrameBytes: 1_024 + upTo(9_000),
    maxConcurrentCalls: upTo(30),
    initialCreditBytes: upTo(8_000),
    callCreditBytes: upTo(8_000),
    connectionCreditBytes: upTo(8_000),
    drainConfirmTimeoutMs: 10 + upTo(300),
  };
}

function handlersOf(random: () => number, entered: Map<string, number>, gates: Gate<void>[]): LabHandlers {
  const enter = ({ text }: Note) => {
    const name = text.split(" ").slice(0, 2).join(" ");
    entered.set(name, (entered.get(name) ?? 0) + 1);
  };
  const pause = (context: CallContext): Promise<void> | undefined => {
    if (random() < 0.3) return undefined;
    const held = gate<void>();
    gates.push(held);
    // Some handlers listen to their signal, others do not care.
    if (random() < 0.5) context.signal.addEventListener("abort", () => held.reject(new Error("aborted")));
    return held.promise;
  };
  const answer = (request: Note, context: CallContext) => {
    enter(request);
    const held = pause(context);
    return held === undefined ? request : held.then(() => request);
  };
  return {
    echo: answer,
    tell: answer,
    async *count(request, context) {
      enter(request);
      for (let n = 0; n < 3; n++) {
        await pause(context);
        yield { text: n === 1 ? noteTextOf(2_000) : "" };
      }
    },
    async collect(requests, context) {
      for await (const request of requests) {
        if (random() < 0.1) break;
        await pause(context);
        if (request.text === "") continue;
      }
      return { text: "all" };
    },
    async *chat(requests, context) {
      for await (const request of requests) {
        await pause(context);
        yield request;
      }
    },
  };
}
