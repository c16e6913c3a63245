// Many calls that send messages over one connection, each with a consumer of its own temper: the sending halves and
// the receiving halves of packages/protocol against each other, with frames and credits delayed at random.
import { Flag, readU32 } from "../../../packages/framing/src/index.ts";
import { CreditPool, HeldBytes } from "../../../packages/protocol/src/credit.ts";
import { Inbound, type InboundLink } from "../../../packages/protocol/src/inbound.ts";
import { Loop } from "../../../packages/protocol/src/loop.ts";
import { MessageQueue } from "../../../packages/protocol/src/message-queue.ts";
import { Outbound } from "../../../packages/protocol/src/outbound.ts";
import { Sender } from "../../../packages/protocol/src/sender.ts";
import type { Codec } from "../../../packages/protocol/src/service.ts";
import { Spares } from "../../../packages/protocol/src/spares.ts";
import { BinaryWriter } from "../../../packages/wire/src/index.ts";
import { ManualEnvironment } from "./manual-environment.ts";
import { RawPeer, type SeenFrame } from "./raw-peer.ts";

/** Bytes as they are. */
export const rawCodec: Codec<Uint8Array> = {
  encode: (message, writer = new BinaryWriter()) => writer.raw(message),
  decode: () => {
    throw new Error("not decoded here");
  },
};

/**
 * "at-once": every message is taken as it comes. "reads": when it finds the time. "borrows": the same, from memory that
 * is used again. "never": not at all.
 */
export type Temper = "at-once" | "reads" | "borrows" | "never";

export interface FlowSettings {
  readonly seed: number;
  readonly initialCreditBytes: number;
  readonly callCreditBytes: number;
  readonly connectionCreditBytes: number;
  readonly maxFrameBytes: number;
  readonly maxMessageBytes: number;
  /** Of all connections together. Default: no limit. */
  readonly maxHeldBytes?: number;
  readonly calls: readonly { readonly temper: Temper; readonly sizes: readonly number[] }[];
}

function contents(call: number, index: number, bytes: number): Uint8Array {
  const message = new Uint8Array(bytes);
  for (let at = 0; at < bytes; at++) message[at] = (call * 31 + index * 7 + at) & 0xff;
  return message;
}

/** One call of the model. */
class ModelCall {
  readonly id: number;
  readonly temper: Temper;
  readonly sizes: readonly number[];
  readonly outbound: Outbound;
  readonly inbound: Inbound;
  readonly queue: MessageQueue<Uint8Array>;
  /** Cost and bytes that this call may have the receiver hold: what was granted and not consumed. */
  potential: number;
  received = 0;
  problem = "";
  #sent = 0;
  #reading = false;
  #taken = 0;
  /** What the application was given last. */
  #has: Uint8Array | null = null;

  constructor(id: number, index: number, link: InboundLink, sender: Sender, settings: FlowSettings) {
    const { temper, sizes } = settings.calls[index] as FlowSettings["calls"][number];
    this.id = id;
    this.temper = temper;
    this.sizes = sizes;
    this.potential = settings.initialCreditBytes;
    this.outbound = new Outbound(sender, id, settings.initialCreditBytes);
    const atOnce = temper === "at-once";
    const consumed = (cost: number) => {
      this.potential -= cost;
      this.inbound.consumed(cost);
    };
    this.queue = new MessageQueue({
      expect: (waiting) => this.inbound.expect(waiting),
      consumed,
      abandoned: () => {},
      lend: () => this.inbound.lend(),
    });
    const message = (buf: Uint8Array, start: number, end: number, cost: number, own: boolean) => {
      this.#check(buf.slice(start, end), this.received++);
      if (atOnce) consumed(cost);
      else if (own) this.queue.push(buf.subarray(start, end), cost, buf);
      else this.queue.push(buf.slice(start, end), cost);
    };
    this.inbound = new Inbound(link, id, { message }, atOnce);
    if (temper === "borrows") this.queue.lend();
  }

  get done(): boolean {
    return this.received === this.sizes.length;
  }

  /** The application writes its next message. */
  write(): boolean {
    const size = this.sizes[this.#sent];
    if (size === undefined || !this.outbound.idle) return false;
    const index = this.#sent++;
    this.outbound.send(rawCodec, contents(this.id, index, size), this.#sent === this.sizes.length);
    return true;
  }

  /** The application asks for a message. */
  read(): void {
    if ((this.temper !== "reads" && this.temper !== "borrows") || this.#reading) return;
    this.#reading = true;
    // Until here, the application may look at what it has.
    if (this.#has !== null) this.#check(this.#has, this.#taken++);
    this.#has = null;
    void this.queue.next().then(({ value }) => {
      this.#reading = false;
      this.#has = value ?? null;
    });
  }

  #check(bytes: Uint8Array, index: number): void {
    const wanted = contents(this.id, index, this.sizes[index] ?? -1);
    if (Buffer.compare(bytes, wanted) !== 0) this.problem = `message ${index} of call ${this.id} is wrong`;
  }
}

/** The whole model. */
export class FlowModel {
  readonly env: ManualEnvironment;
  readonly pool: CreditPool;
  readonly held: HeldBytes;
  readonly spares: Spares;
  readonly calls: ModelCall[];
  /** The most that the receiver has held, and the most that it could have been made to hold. */
  mostHeld = 0;
  mostPotential = 0;
  frames = 0;
  readonly #settings: FlowSettings;
  readonly #wire = new RawPeer();
  readonly #sender: Sender;
  readonly #toReceiver: SeenFrame[] = [];
  readonly #credits: { call: ModelCall; bytes: number }[] = [];

  constructor(settings: FlowSettings) {
    this.#settings = settings;
    this.env = new ManualEnvironment(settings.seed);
    this.held = new HeldBytes(settings.maxHeldBytes);
    this.pool = new CreditPool(settings.connectionCreditBytes, this.held);
    this.spares = new Spares(settings.connectionCreditBytes, this.held);
    this.#sender = new Sender(new Loop(this.env), this.#wire, { handedOver: () => {}, waits: () => {} });
    this.#sender.peerMaxFrameBytes = settings.maxFrameBytes;
    this.#sender.peerMaxMessageBytes = settings.maxMessageBytes;
    const link: InboundLink = {
      ...settings,
      pool: this.pool,
      held: this.held,
      spares: this.spares,
      // Some calls are alone at times, as far as anybody can tell.
      aloneCalls: 0,
      isAlone: () => this.env.random() < 0.3,
      grant: (callId, bytes) => {
        const call = this.#call(callId);
        call.potential += bytes;
        this.#credits.push({ call, bytes });
      },
    };
    this.calls = settings.calls.map(
      (_, index) => new ModelCall(2 * index + 1, index, link, this.#sender, settings),
    );
  }

  /** Runs until nothing moves any more. */
  async run(): Promise<void> {
    const { random } = this.env;
    for (let idle = 0; idle < 12; ) {
      for (const call of this.calls) {
        if (random() < 0.7) call.read();
        if (random() < 0.7 && call.write()) idle = 0;
      }
      await this.env.settle();
      this.#toReceiver.push(...this.#wire.take());
      const moved = this.#deliver(1 + Math.floor(random() * 6), 1 + Math.floor(random() * 3));
      idle = moved ? 0 : idle + 1;
    }
  }

  #deliver(frames: number, credits: number): boolean {
    let moved = false;
    for (const frame of this.#toReceiver.splice(0, frames)) {
      moved = true;
      this.frames++;
      this.#receive(frame);
    }
    for (const { call, bytes } of this.#credits.splice(0, credits)) {
      moved = true;
      call.outbound.grant(bytes);
    }
    return moved;
  }

  #receive({ id, flags, payload }: SeenFrame): void {
    const call = this.#call(id);
    call.inbound.data(flags, payload, 0, payload.length);
    if ((flags & Flag.MORE) !== 0 && payload.length >= 4) readU32(payload, 0);
    let held = 0;
    let potential = 0;
    for (const one of this.calls) {
      held += one.inbound.heldBytes;
      potential += one.potential;
    }
    this.mostHeld = Math.max(this.mostHeld, held);
    this.mostPotential = Math.max(this.mostPotential, potential);
  }

  #call(id: number): ModelCall {
    return this.calls[(id - 1) / 2] as ModelCall;
  }

  /** What the receiver promises: calls × initial credit + pool + one message, and the least that frames cost. */
  get bound(): number {
    const { calls, initialCreditBytes, connectionCreditBytes, maxMessageBytes } = this.#settings;
    return (
      calls.length * (Math.max(initialCreditBytes, 256) + 512) + connectionCreditBytes + maxMessageBytes + 512
    );
  }
}
