// One corrupted conversation against a running client: it is answered with what a server said once, not quite as it
// said it. The listener tells its clients apart by the name in their HELLO.

import { createServer, type Server, type Socket } from "node:net";
import { FrameDecoder, Kind, PREFACE } from "@vertex/framing";
import { Hello } from "../../../packages/protocol/src/gen/vertex/v1/control.ts";
import type { Input } from "../input.ts";
import { Finding } from "../target.ts";
import type { ClientFate, ClientOrder } from "./clients-process.ts";
import { corrupt, settingOf } from "./corrupt.ts";
import { recordingOf } from "./script.ts";
import type { Stage } from "./stage.ts";

/** A server that answers each of its clients as it was told to. */
export class EvilServer {
  readonly #answers = new Map<string, readonly Uint8Array[]>();
  readonly #servers: readonly Server[];
  #tcp = "";
  #unix = "";
  #names = 0;

  private constructor() {
    this.#servers = [0, 1].map(() => createServer((socket) => this.#accepted(socket)));
  }

  /** Listens on TCP and in `folder`. */
  static async open(folder: string): Promise<EvilServer> {
    const evil = new EvilServer();
    const [tcp, unix] = evil.#servers as [Server, Server];
    await new Promise<void>((resolve) => tcp.listen(0, "127.0.0.1", resolve));
    await new Promise<void>((resolve) => unix.listen(`${folder}/evil`, resolve));
    evil.#tcp = `tcp://127.0.0.1:${(tcp.address() as { port: number }).port}`;
    evil.#unix = `unix:${folder}/evil`;
    return evil;
  }

  /**
   * Holds one conversation with a client of the stage.
   * @throws Finding when the client falls, or a promise of its never settles.
   */
  async attack(stage: Stage, input: Input): Promise<string> {
    const script = settingOf(input, "talk");
    const { acceptor } = await recordingOf(script);
    const name = `victim ${this.#names++}`;
    this.#answers.set(name, corrupt(acceptor, input));
    const address = settingOf(input, "over") === 1 ? this.#unix : this.#tcp;
    try {
      const fate = await stage.other.ask({ address, script, name } satisfies ClientOrder);
      const { end, wrong } = fate as ClientFate;
      stage.mustStand();
      if (wrong !== "") throw new Finding(wrong);
      return end;
    } finally {
      this.#answers.delete(name);
    }
  }

  async close(): Promise<void> {
    await Promise.all(this.#servers.map((server) => new Promise((resolve) => server.close(resolve))));
  }

  #accepted(socket: Socket): void {
    socket.on("error", () => {});
    let answered = false;
    const sink = {
      frame: (kind: number, _callId: number, buf: Uint8Array, start: number, end: number) => {
        if (answered || kind !== Kind.HELLO) return;
        answered = true;
        const { name } = Hello.decode(buf.slice(start + PREFACE.length, end));
        for (const piece of this.#answers.get(name) ?? []) socket.write(piece);
        socket.end();
      },
    };
    const decoder = new FrameDecoder(sink, 0xffffff);
    socket.on("data", (chunk: Buffer) => {
      if (!answered) decoder.push(chunk);
    });
  }
}
