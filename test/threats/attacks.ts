// The attacks, each as one function in the attacker's process. They speak bytes, and share nothing with the server.
import { connect, type Socket } from "node:net";
import { call, frame, header, hello, hi, join, kinds, MORE, slow, u32, zeros } from "../wire-suite/frames.ts";

/** What an attacker has seen. */
export interface Spoils {
  /** Texts of GOAWAYs, each with how often it came. */
  readonly farewells: { readonly [text: string]: number };
  /** Frames of the server, by kind. */
  readonly frames: { readonly [kind: number]: number };
  /** Connections that the server has ended, and how long the last took, in milliseconds from the attack's start. */
  readonly ended: number;
  readonly ms: number;
}

const MIB = 1_048_576;
/** What each of those holds back that begin messages and do not end them, and how many of them may stay. */
export const HOARD_BYTES = 1_440_000;
export const HOARDERS_LEFT = 20;

/** One connection of an attacker: counts the frames that come, and keeps what GOAWAYs say. */
class Raider {
  readonly socket: Socket;
  readonly frames: Record<number, number> = {};
  readonly farewells: string[] = [];
  readonly gone: Promise<void>;
  #rest: Buffer = Buffer.alloc(0);

  constructor(port: number, reads = true) {
    this.socket = connect(port, "127.0.0.1");
    this.socket.on("error", () => {});
    this.gone = new Promise((resolve) => this.socket.once("close", () => resolve()));
    if (reads) this.socket.on("data", (chunk: Buffer) => this.#take(chunk));
  }

  /** Resolves when the kernel has taken the bytes, or the connection is gone. */
  async write(bytes: Uint8Array): Promise<void> {
    if (this.socket.destroyed) return;
    if (this.socket.write(bytes)) return;
    await Promise.race([new Promise((resolve) => this.socket.once("drain", resolve)), this.gone]);
  }

  /** Writes the same bytes again and again, until there were `times` or the connection is gone. */
  async flood(bytes: Uint8Array, times: number): Promise<void> {
    for (let i = 0; i < times && !this.socket.destroyed; i++) await this.write(bytes);
  }

  #take(chunk: Buffer): void {
    let bytes = this.#rest.length === 0 ? chunk : Buffer.concat([this.#rest, chunk]);
    while (bytes.length >= 8) {
      const size = 8 + bytes.readUIntBE(0, 3);
      if (bytes.length < size) break;
      const kind = (bytes[3] as number) & 15;
      this.frames[kind] = (this.frames[kind] ?? 0) + 1;
      if (kind === kinds.GOAWAY)
        this.farewells.push(/[ -~]{4,}/.exec(bytes.toString("latin1", 8, size))?.[0] ?? "");
      bytes = bytes.subarray(size);
    }
    this.#rest = Buffer.from(bytes);
  }
}

const many = (count: number, make: (i: number) => Uint8Array): Uint8Array =>
  join(...Array.from({ length: count }, (_, i) => make(i)));

/** Raiders that do the same, and what they have seen when they are gone. */
async function raid(
  port: number,
  count: number,
  attack: (raider: Raider, index: number) => Promise<void> | void,
  reads = true,
): Promise<Spoils> {
  const startedAt = performance.now();
  const raiders = Array.from({ length: count }, () => new Raider(port, reads));
  await Promise.all(raiders.map((raider, index) => attack(raider, index)));
  // Those that the server does not end stay until the attacker's process goes.
  const late = new Promise((resolve) => setTimeout(resolve, 20_000 + 60 * count));
  await Promise.race([late, Promise.all(raiders.map(({ gone }) => gone))]);
  const farewells: Record<string, number> = {};
  const frames: Record<number, number> = {};
  for (const raider of raiders) {
    for (const text of raider.farewells) {
      const name = text.replace(/^[^a-zA-Z]*/, "").split(":")[0] as string;
      farewells[name] = (farewells[name] ?? 0) + 1;
    }
    for (const [kind, times] of Object.entries(raider.frames))
      frames[Number(kind)] = (frames[Number(kind)] ?? 0) + times;
  }
  const ended = raiders.filter(({ socket }) => socket.destroyed).length;
  return { farewells, frames, ended, ms: performance.now() - startedAt };
}

const ping = frame("PING", 0, zeros(8));

/** By the numbers of the catalogue. */
export const attacks: { readonly [name: string]: (port: number, size: number) => Promise<Spoils> } = {
  /** Row 1: a header that announces as much as there can be, and silence. */
  giant: (port, size) =>
    raid(port, size, (raider) => raider.write(join(hello(), header(0xffffff, kinds.DATA, 1)))),
  /** Row 2: a frame byte by byte. */
  dribble: (port, size) =>
    raid(port, size, async (raider) => {
      await raider.write(join(hello(), header(60_000, kinds.CALL, 1)));
      const timer = setInterval(() => void raider.write(zeros(1)), 100);
      await raider.gone;
      clearInterval(timer);
    }),
  /** Row 5: frames that hold nothing, for a call that is over. */
  empty: (port, size) =>
    raid(port, 1, async (raider) => {
      await raider.write(join(hello(), hi(1)));
      await raider.flood(
        many(1_000, () => frame("DATA", 1)),
        size / 1_000,
      );
    }),
  /** Row 5 again: empty messages for a stream that nobody reads. */
  hollow: (port, size) =>
    raid(port, 1, async (raider) => {
      await raider.write(join(hello(), call(1, "Sum")));
      await raider.flood(
        many(1_000, () => frame("DATA", 1)),
        size / 1_000,
      );
    }),
  /** Row 6: messages in pieces of one byte, on 64 streams. */
  crumbs: (port, size) =>
    raid(port, 1, async (raider) => {
      const streams = 64;
      const each = Math.floor(size / streams);
      await raider.write(
        join(
          hello(),
          many(streams, (i) => call(2 * i + 1, "Sum")),
        ),
      );
      await raider.write(many(streams, (i) => frame("DATA", 2 * i + 1, u32(each), MORE)));
      for (let i = 0; i < each && !raider.socket.destroyed; i++) {
        await raider.write(many(streams, (n) => frame("DATA", 2 * n + 1, zeros(1), MORE)));
      }
    }),
  /** Row 7. */
  pings: (port, size) =>
    raid(port, 1, async (raider) => {
      await raider.write(hello());
      await raider.flood(
        many(1_000, () => ping),
        size / 1_000,
      );
    }),
  /** Row 8: the same, and the answers are not read. */
  deaf: (port, size) =>
    raid(
      port,
      1,
      async (raider) => {
        await raider.write(hello());
        await raider.flood(
          many(1_000, () => ping),
          size / 1_000,
        );
        raider.socket.resume();
      },
      false,
    ),
  /** Row 10: a good request, then a message over the limit: the server has to break the call off. */
  broken: (port, size) =>
    raid(port, 1, async (raider) => {
      await raider.write(hello());
      for (let i = 0; i < size && !raider.socket.destroyed; i++) {
        const id = 2 * i + 1;
        const tooLarge = frame("DATA", id, u32(5 * MIB), MORE);
        await raider.write(join(call(id, "Sum"), tooLarge));
      }
    }),
  /** Row 11: opened and taken back. */
  reset: (port, size) =>
    raid(port, 1, async (raider) => {
      await raider.write(hello());
      for (let i = 0; i < size && !raider.socket.destroyed; i += 100) {
        await raider.write(
          many(100, (n) => {
            const id = 2 * (i + n) + 1;
            return join(call(id, "Slow", { message: slow(50) }), frame("CANCEL", id));
          }),
        );
      }
    }),
  /** Row 17, W1: asks for an endless stream and reads nothing. */
  lazy: (port, size) =>
    raid(
      port,
      size,
      async (raider) => {
        await raider.write(join(hello(), call(1, "Chat")));
        await raider.write(many(64, () => frame("CREDIT", 1, u32(MIB))));
        // What the kernel holds is let go once the server has given up.
        setTimeout(() => raider.socket.resume(), 5_000 + 40 * size);
      },
      false,
    ),
  /** Begins messages of 4 MiB and ends none. Those that may stay go by themselves in the end. */
  hoard: (port, size) => {
    const here = new Set<Raider>();
    return raid(port, size, async (raider) => {
      here.add(raider);
      void raider.gone.then(() => {
        here.delete(raider);
        if (here.size > HOARDERS_LEFT) return;
        for (const left of here) left.socket.destroy();
      });
      const message = join(u32(4 * MIB), zeros(HOARD_BYTES / 24 - 4));
      await raider.write(hello());
      await raider.write(many(24, (i) => call(2 * i + 1, "Hello", { message, flags: MORE })));
    });
  },
  /** Row 22: all at once, and every answer counted. */
  pipelined: async (port, size) => {
    const startedAt = performance.now();
    const raider = new Raider(port);
    await raider.write(hello());
    await raider.write(many(size, (i) => hi(2 * i + 1)));
    const answers = () => (raider.frames[kinds.DATA] ?? 0) + (raider.frames[kinds.FAIL] ?? 0);
    while (answers() < size && !raider.socket.destroyed)
      await new Promise((resolve) => setTimeout(resolve, 5));
    const ms = performance.now() - startedAt;
    raider.socket.destroy();
    return { farewells: {}, frames: raider.frames, ended: 0, ms };
  },
  /** Row 23: comes, says half a word, and resets. */
  fleeting: async (port, size) => {
    const startedAt = performance.now();
    const words = [
      zeros(0),
      hello().subarray(0, 3),
      hello(),
      join(hello(), hi(1)),
      join(hello(), call(1, "Chat")),
    ];
    for (let i = 0; i < size; i += 20) {
      await Promise.all(
        Array.from({ length: 20 }, async (_, n) => {
          const raider = new Raider(port);
          await new Promise((resolve) => raider.socket.once("connect", resolve));
          await raider.write(words[(i + n) % words.length] as Uint8Array);
          if (n % 2 === 0) raider.socket.resetAndDestroy();
          else raider.socket.destroy();
          await raider.gone;
        }),
      );
    }
    return { farewells: {}, frames: {}, ended: size, ms: performance.now() - startedAt };
  },
  /** Half a thousand calls a second, whatever comes of them. */
  greedy: async (port, size) => {
    const startedAt = performance.now();
    const raider = new Raider(port);
    await raider.write(hello());
    for (let i = 0; i < size; ) {
      const due = Math.min(size, Math.ceil((performance.now() - startedAt) / 2));
      for (; i < due; i++) void raider.write(hi(2 * i + 1));
      await new Promise((resolve) => setTimeout(resolve, 2));
    }
    raider.socket.destroy();
    return { farewells: {}, frames: raider.frames, ended: 0, ms: performance.now() - startedAt };
  },
  /** Row 42: more than may come in. They stay until the attacker's process goes. */
  storm: async (port, size) => {
    const startedAt = performance.now();
    const raiders = Array.from({ length: size }, () => new Raider(port));
    for (const raider of raiders) void raider.write(hello());
    const settled = () =>
      raiders.every(({ frames, socket }) => socket.destroyed || frames[kinds.WELCOME] !== undefined);
    while (!settled()) await new Promise((resolve) => setTimeout(resolve, 5));
    await new Promise((resolve) => setTimeout(resolve, 200));
    const ended = raiders.filter(({ socket }) => socket.destroyed).length;
    return {
      farewells: { refused: raiders.filter(({ farewells }) => farewells.length > 0).length },
      frames: {},
      ended,
      ms: performance.now() - startedAt,
    };
  },
};
