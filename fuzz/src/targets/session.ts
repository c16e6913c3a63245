// A session after its handshake, on both sides: valid and invalid frames of all kinds in any order, calls of its own,
// congestion, time. No exception escapes; it goes on or ends with a named reason; every promise settles; slots,
// deadlines and credit come back; its neighbour on the loop does not notice.

import { Flag, Kind } from "@vertex/framing";
import { creditCost, creditLimit } from "../../../packages/protocol/src/credit.ts";
import { Hello, Welcome } from "../../../packages/protocol/src/gen/vertex/v1/control.ts";
import { Conversation } from "../conversation.ts";
import { callPayload, frameBytes, prefaced } from "../frame-bytes.ts";
import { methods } from "../handlers.ts";
import { arg, type Input, type Op, op } from "../input.ts";
import { generateTalk } from "../talk.ts";
import { mustHold, type Target } from "../target.ts";

const LONGEST_PASS_MS = 20_000;
const nothing = new Uint8Array(0);
const clamp = (value: number, from: number, to: number) => Math.min(to, Math.max(from, value));
const half = (flags: number) => [0, Flag.END, Flag.MORE, Flag.END | Flag.MORE][flags % 4] as number;

/** The fuzzer's side of one conversation. */
class Talk {
  readonly conversation: Conversation;
  readonly #dialer: boolean;
  readonly #setup: Op;
  /** Of the fuzzer's calls: credit spent on them, and those whose request has ended. */
  readonly #spent = new Map<number, number>();
  readonly #ended = new Set<number>();
  /** Id of the next call that the fuzzer opens. */
  #nextId: number;

  constructor(setup: Op) {
    this.#setup = setup;
    this.#dialer = arg(setup, 0) % 2 === 1;
    this.#nextId = this.#dialer ? 2 : 1;
    const frame = clamp(arg(setup, 1), 1_024, 0xffffff);
    this.conversation = new Conversation({
      role: this.#dialer ? "dialer" : "acceptor",
      options: {
        maxFrameBytes: clamp(arg(setup, 4), 1_024, 65_536),
        maxMessageBytes: clamp(arg(setup, 5), 1_024, 262_144),
        initialCreditBytes: clamp(arg(setup, 6), 1, 65_536),
        callCreditBytes: clamp(arg(setup, 7), 1, 65_536),
        connectionCreditBytes: clamp(arg(setup, 8), 1, 262_144),
        maxConcurrentCalls: clamp(arg(setup, 9), 1, 64),
      },
      // A frame never needs to be larger than a message.
      stated: {
        maxFrameBytes: Math.min(frame, clamp(arg(setup, 2), 1_024, 0x7fffffff)),
        initialCreditBytes: clamp(arg(setup, 3), 1, 0x7fffffff),
      },
    });
  }

  async shakeHands(): Promise<void> {
    const { conversation } = this;
    const limits = {
      maxFrameBytes: clamp(arg(this.#setup, 1), 1_024, 0xffffff),
      maxMessageBytes: clamp(arg(this.#setup, 2), 1_024, 0x7fffffff),
      initialCreditBytes: clamp(arg(this.#setup, 3), 1, 0x7fffffff),
      maxConcurrentCalls: clamp(arg(this.#setup, 10), 1, 64),
    };
    const rest = { limits, heartbeat: undefined, name: "fuzzer", services: [] };
    const hello = { minVersion: 1, maxVersion: 1, credentials: undefined, ...rest };
    if (this.#dialer) this.#send(Kind.WELCOME, 0, prefaced(Welcome.encode({ version: 1, ...rest }).finish()));
    else this.#send(Kind.HELLO, 0, prefaced(Hello.encode(hello).finish()));
    await conversation.world.settle();
    mustHold(conversation.session.state === "ready", "the handshake has failed");
  }

  /** One operation of the fuzzer or of the user on the session's side. */
  async act(each: Op): Promise<void> {
    const { conversation } = this;
    const { own, session, world } = conversation;
    const first = arg(each, 0);
    switch (each.verb) {
      case "open":
        return own.open(first, arg(each, 1), arg(each, 2));
      case "write":
        return own.write(first, arg(each, 1));
      case "end":
        return own.end(first);
      case "read":
        return own.read(first);
      case "leave":
        return own.leave(first);
      case "abort":
        return own.abort(first);
      case "turn":
        return world.turn();
      case "pass":
        return conversation.pass(Math.min(LONGEST_PASS_MS, first));
      case "congest":
        return conversation.congest(first);
      case "probe":
        return session.ping();
      case "drain":
        return session.drain(clamp(first, 0, 100_000), "drained");
      case "close":
        return session.close("SHUTDOWN", "closed");
      case "cut":
        return conversation.peer.destroy();
      default:
        return this.#say(each);
    }
  }

  /** An operation that sends something. */
  #say(each: Op): void {
    const [first, second, third] = [arg(each, 0), arg(each, 1), arg(each, 2)];
    switch (each.verb) {
      case "bytes":
        return this.#write(each.bytes);
      case "frame":
        return this.#send(first & 0xff, second >>> 0, each.bytes);
      case "call":
        return this.#call(each);
      case "data":
        return this.#data(this.#callId(first), half(second), each.bytes, third % 8 === 7);
      case "answer":
        return this.#answer(this.#ownId(first), second, third, each.bytes);
      case "finish":
        return this.#about(this.#callId(first), (id) => {
          if (!this.#ended.has(id)) this.#send(Kind.FINISH, id, each.bytes);
          this.#ended.add(id);
        });
      case "cancel":
        return this.#about(this.#callId(first), (id) => this.#send(Kind.CANCEL, id, nothing));
      case "credit":
        return this.#about(second % 2 === 0 ? this.#callId(first) : this.#ownId(first), (id) =>
          this.#credit(id, third >>> 0),
        );
      case "pong":
        return this.#send(Kind.PONG, 0, Uint8Array.from([0, 0, 0, 0, 0, 0, 0, first & 0xff]));
      default:
        return undefined;
    }
  }

  #about(id: number | undefined, act: (id: number) => void): void {
    if (id !== undefined) act(id);
  }

  #call(each: Op): void {
    const id = arg(each, 0) === 0 ? this.#nextId : arg(each, 0) >>> 0;
    if (id >= this.#nextId && id < 0x7fffffff) this.#nextId = id + 2;
    const flags = half(arg(each, 2));
    const method = methods[arg(each, 1)]?.id ?? arg(each, 1);
    const allowance = this.conversation.initialCreditBytes;
    const message = each.bytes.length > creditLimit(allowance) ? nothing : each.bytes;
    if (flags !== 0) this.#spent.set(id, creditCost(message.length));
    if ((flags & Flag.END) !== 0) this.#ended.add(id);
    this.#send(Kind.CALL | flags, id, callPayload(method, arg(each, 3) >>> 0, nothing, message));
  }

  /** Inside the credit and before the end of the request, unless it is `forced`. */
  #data(id: number | undefined, flags: number, bytes: Uint8Array, forced: boolean): void {
    if (id === undefined) return;
    const spent = this.#spent.get(id) ?? 0;
    const { initialCreditBytes, observer } = this.conversation;
    const allowance = initialCreditBytes + (observer.grants.get(id) ?? 0) - spent;
    if (!forced && (this.#ended.has(id) || bytes.length > creditLimit(allowance))) return;
    this.#spent.set(id, spent + creditCost(bytes.length));
    if ((flags & Flag.END) !== 0) this.#ended.add(id);
    this.#send(Kind.DATA | flags, id, bytes);
  }

  #answer(id: number | undefined, flags: number, kind: number, bytes: Uint8Array): void {
    if (id === undefined) return;
    if (kind % 3 === 0) this.#send(Kind.DATA | half(flags), id, bytes);
    else this.#send(kind % 3 === 1 ? Kind.FINISH : Kind.FAIL, id, bytes);
  }

  #credit(callId: number, bytes: number): void {
    this.#send(Kind.CREDIT, callId, Uint8Array.from([bytes >>> 24, bytes >>> 16, bytes >>> 8, bytes]));
  }

  /** The fuzzer's calls, from the last one back: 0 is the last. */
  #callId(back: number): number | undefined {
    const first = this.#dialer ? 2 : 1;
    const count = Math.min(64, (this.#nextId - first) / 2);
    return count === 0 ? undefined : this.#nextId - 2 - 2 * (back % count);
  }

  /** The session's calls, from the last one back. */
  #ownId(back: number): number | undefined {
    const { opened } = this.conversation.observer;
    return opened[opened.length - 1 - (back % Math.max(1, opened.length))];
  }

  #send(kind: number, callId: number, payload: Uint8Array): void {
    this.#write(frameBytes(kind, callId, payload));
  }

  #write(bytes: Uint8Array): void {
    this.conversation.observer.told(bytes);
    this.conversation.peer.write(bytes);
  }
}

async function run(input: Input): Promise<string> {
  const setup = input.find(({ verb }) => verb === "setup") ?? op("setup");
  const talk = new Talk(setup);
  await talk.shakeHands();
  for (const each of input) if (each.verb !== "setup") await talk.act(each);
  return talk.conversation.conclude();
}

/** Sessions of both roles. */
export const session: Target = {
  name: "session",
  about: "frames of all kinds in any order against a session of each role, its own calls open",
  generate: generateTalk,
  run,
};
