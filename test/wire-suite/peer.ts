// The raw peer: one real socket, frames in and out, and nothing above them. Sends what a case says, also what no real
// peer would, and keeps what comes back until somebody asks for it.
import type { Socket } from "node:net";
import { TLSSocket } from "node:tls";
import {
  call,
  data,
  END,
  frame,
  inWords,
  join,
  type Limits,
  MORE,
  none,
  type Seen,
  takeFrames,
  u32,
} from "./frames.ts";

/** A message that is sent as fast as credit allows. */
export interface Upload {
  readonly id: number;
  readonly method: string;
  readonly message: Uint8Array;
}

/**
 * One step of a case: bytes to send (those of steps that follow each other go in one write), a frame to wait for, in
 * words, milliseconds to let pass, or a message to upload.
 */
export type Step = Uint8Array | string | number | Upload;

/** Time for an awaited frame to come, in milliseconds. */
const PATIENCE_MS = 3_000;

/** Frames that may come at any time and say nothing about a case. */
const byTheWay = new Set(["CREDIT", "PING"]);

function idOf(words: string): number {
  return Number(words.split(" ")[1]);
}

function starts(seen: string, wanted: string): boolean {
  return seen === wanted || seen.startsWith(`${wanted} `) || seen.startsWith(`${wanted}:`);
}

/** Most pieces of one write, so that long ones stay quick. */
const MOST_PIECES = 24;

function cut(bytes: Uint8Array, cuts: () => number): Uint8Array[] {
  const pieces: Uint8Array[] = [];
  let at = 0;
  while (at < bytes.length && pieces.length < MOST_PIECES) {
    const to = at + 1 + Math.floor(cuts() ** 3 * (bytes.length - at));
    pieces.push(bytes.slice(at, to));
    at = to;
  }
  if (at < bytes.length) pieces.push(bytes.slice(at));
  return pieces;
}

/** One connection. */
export class Peer {
  /** False: PINGs stay without an answer. */
  answersPings = true;
  /** True once the other side has ended its half, or the connection is gone. */
  ended = false;
  /** What came and was no frame. */
  broken = "";
  limits: Limits | null = null;
  readonly #socket: Socket;
  #rest: Uint8Array = none;
  #seen: Seen[] = [];
  readonly #credits = new Map<number, number>();
  readonly #wake: (() => void)[] = [];
  readonly #cuts: (() => number) | undefined;
  /** Pieces that have not been written yet; null when none wait. */
  #pieces: Uint8Array[] | null = null;
  #ending = false;

  /** @param cuts what is drawn from to cut what is written into pieces, each in a turn of its own. */
  constructor(socket: Socket, cuts?: () => number) {
    this.#socket = socket;
    this.#cuts = cuts;
    socket.setNoDelay(true);
    socket.on("data", (chunk) => this.#received(chunk));
    const over = () => {
      this.ended = true;
      this.#changed();
    };
    socket.on("end", over).on("close", over).on("error", over);
  }

  write(bytes: Uint8Array): void {
    if (this.#cuts === undefined) return this.#writeNow(bytes);
    const pieces = cut(bytes, this.#cuts);
    if (this.#pieces !== null) {
      this.#pieces.push(...pieces);
      return;
    }
    this.#pieces = pieces;
    this.#writeNext();
  }

  /** Ends this half. */
  end(): void {
    this.#ending = true;
    if (this.#pieces === null) this.#socket.end();
  }

  /** Resets the connection, or breaks it where there is no reset. */
  reset(): void {
    if (this.#socket.remoteAddress === undefined || this.#socket instanceof TLSSocket) this.#socket.destroy();
    else this.#socket.resetAndDestroy();
  }

  destroy(): void {
    this.#socket.destroy();
  }

  #writeNow(bytes: Uint8Array): void {
    if (!this.#socket.destroyed && this.#socket.writable) this.#socket.write(bytes);
  }

  #writeNext(): void {
    const piece = this.#pieces?.shift();
    if (piece === undefined) {
      this.#pieces = null;
      if (this.#ending) this.#socket.end();
      return;
    }
    this.#writeNow(piece);
    setImmediate(() => this.#writeNext());
  }

  /** What came, is no answer that was waited for, and was not to be expected at any time. */
  get leftOver(): string[] {
    return this.#seen.filter(({ kind }) => !byTheWay.has(kind)).map(inWords);
  }

  /** Takes the steps in order. Returns what went wrong, "" if nothing. */
  async run(steps: readonly Step[]): Promise<string> {
    let held: Uint8Array[] = [];
    const flush = () => {
      if (held.length > 0) this.write(join(...held));
      held = [];
    };
    for (const step of steps) {
      if (step instanceof Uint8Array) {
        held.push(step);
        continue;
      }
      flush();
      const problem =
        typeof step === "string"
          ? await this.expect(step)
          : typeof step === "number"
            ? await this.pass(step)
            : await this.#upload(step);
      if (problem !== "") return problem;
    }
    flush();
    return "";
  }

  /** Waits for a frame, which must be the next of its call. */
  async expect(words: string, withinMs: number = PATIENCE_MS): Promise<string> {
    const id = idOf(words);
    const sought = byTheWay.has(words.split(" ")[0] ?? "");
    const find = () => this.#seen.findIndex((one) => one.id === id && byTheWay.has(one.kind) === sought);
    await this.until(() => find() >= 0 || this.ended || this.broken !== "", withinMs);
    const index = find();
    if (index >= 0) {
      const seen = inWords(this.#seen.splice(index, 1)[0] as Seen);
      return starts(seen, words) ? "" : `"${seen}" came where "${words}" was to come`;
    }
    if (!this.ended) return this.broken === "" ? `"${words}" did not come` : this.broken;
    const last = this.#seen.map(inWords).at(-1);
    return `the connection ended${last === undefined ? "" : ` with "${last}"`} where "${words}" was to come`;
  }

  /** Waits for the GOAWAY that ends it, whatever else has come for the connection. */
  async expectLast(words: string): Promise<string> {
    const came = await this.next("GOAWAY");
    if (came === undefined) return `"${words}" did not come`;
    return starts(inWords(came), words) ? "" : `"${inWords(came)}" came where "${words}" was to come`;
  }

  /** The next frame of that kind. */
  async next(kind: Seen["kind"]): Promise<Seen | undefined> {
    await this.until(() => this.#seen.some((one) => one.kind === kind) || this.ended, PATIENCE_MS);
    const index = this.#seen.findIndex((one) => one.kind === kind);
    return index < 0 ? undefined : this.#seen.splice(index, 1)[0];
  }

  /** Forgets frames that may have come. */
  drop(words: string): void {
    this.#seen = this.#seen.filter((one) => !starts(inWords(one), words));
  }

  /** Lets time pass. */
  async pass(ms: number): Promise<string> {
    await new Promise((resolve) => setTimeout(resolve, ms));
    return "";
  }

  /** Waits until `holds` or the time is up; says which. */
  async until(holds: () => boolean, withinMs: number): Promise<boolean> {
    const giveUpAt = performance.now() + withinMs;
    while (!holds()) {
      const left = giveUpAt - performance.now();
      if (left <= 0) return false;
      await new Promise<void>((resolve) => {
        const timer = setTimeout(resolve, left);
        this.#wake.push(() => {
          clearTimeout(timer);
          resolve();
        });
      });
    }
    return true;
  }

  #received(chunk: Uint8Array): void {
    try {
      const { frames, rest } = takeFrames(join(this.#rest, chunk));
      this.#rest = rest;
      for (const one of frames) this.#frame(one);
    } catch (error) {
      this.broken = (error as Error).message;
    }
    this.#changed();
  }

  #frame(one: Seen): void {
    if (one.kind === "PING" && this.answersPings) this.write(frame("PONG", 0, one.payload));
    if (one.kind === "CREDIT") {
      const granted = Buffer.from(one.payload).readUInt32BE(0);
      this.#credits.set(one.id, (this.#credits.get(one.id) ?? 0) + granted);
    }
    this.#seen.push(one);
  }

  #changed(): void {
    for (const wake of this.#wake.splice(0)) wake();
  }

  /** CALL and DATA frames with the pieces of one message, each as large as credit and frames allow. */
  async #upload({ id, method, message }: Upload): Promise<string> {
    const { frame: most, credit: initial } = this.limits as Limits;
    this.#credits.set(id, initial);
    for (let at = -1; at < message.length; ) {
      const had = await this.until(() => (this.#credits.get(id) ?? 0) > 0 || this.ended, PATIENCE_MS);
      if (!had || this.ended) return `no credit came after ${at} bytes of ${message.length}`;
      const credit = this.#credits.get(id) ?? 0;
      const room = Math.min(most - (at < 0 ? 14 : 0), Math.max(credit, 256) - (at < 0 ? 4 : 0));
      const from = Math.max(at, 0);
      const piece = message.subarray(from, from + room);
      const flags = from + piece.length === message.length ? END : MORE;
      if (at < 0) this.write(call(id, method, { flags: MORE, message: join(u32(message.length), piece) }));
      else this.write(data(id, piece, flags));
      this.#credits.set(id, credit - Math.max(piece.length + (at < 0 ? 4 : 0), 256));
      at = from + piece.length;
    }
    return "";
  }
}
