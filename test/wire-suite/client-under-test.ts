// The client that the client cases are played against: in this process, or in one of its own.
import { fork } from "node:child_process";
import { fileURLToPath } from "node:url";
import { connect, VertexError } from "@vertex/client";
import { Greeter, type GreeterClient } from "../gen/greeter.ts";
import { greeterHandlers } from "../support/server/greeter.ts";
import type { ClientCall } from "./case.ts";

/** A client, and what can be asked of it. Calls end in words: "answered …", "again", "CODE outcome". */
export interface ClientUnderTest {
  call(method: ClientCall | "fresh"): Promise<string>;
  /** Whether it has a connection now, or gets one. */
  ready(): Promise<boolean>;
  close(): Promise<void>;
}

/** Makes clients, and ends them all. */
export interface ClientMaker {
  make(address: string): ClientUnderTest;
  end(): Promise<void>;
}

const calls: { readonly [K in ClientCall | "fresh"]: (greeter: GreeterClient) => Promise<string> } = {
  fresh: async (greeter) => (await greeter.hello({ name: "fresh" })).text,
  hello: async (greeter) => `answered ${(await greeter.hello({ name: "Ada" })).text}`,
  slow: async (greeter) => `answered ${(await greeter.slow({ waitMs: 1, name: "Ada" })).text}`,
  notify: async (greeter) => {
    await greeter.notify({ text: "x" });
    return "answered";
  },
  countdown: async (greeter) => {
    let count = 0;
    for await (const _ of greeter.countdown({ from: 2, intervalMs: 0 })) count++;
    return `answered ${count} messages`;
  },
  sum: async (greeter) => `answered ${(await greeter.sum().end()).count}`,
  chat: async (greeter) => {
    let count = 0;
    for await (const _ of greeter.chat()) count++;
    return `answered ${count} messages`;
  },
};

/** Clients of this process. */
export const ownClients: ClientMaker = {
  make(address) {
    const client = connect(address, {
      connectTimeoutMs: 500,
      log: () => {},
      reconnect: { initialDelayMs: 10, maxDelayMs: 20 },
      session: { handshakeTimeoutMs: 300 },
    }).handle(Greeter, greeterHandlers);
    const greeter = client.use(Greeter);
    return {
      call: (method) =>
        calls[method](greeter).then(
          (text) => (text === "answered again" ? "again" : text),
          (error: unknown) =>
            error instanceof VertexError ? `${error.code} ${error.outcome}` : String(error),
        ),
      ready: () =>
        client.ready().then(
          () => true,
          () => false,
        ),
      close: () => client.close({ graceMs: 0 }),
    };
  },
  end: async () => {},
};

/** What is asked of the process with the clients, and what it says. */
export interface Asked {
  readonly id: number;
  readonly client: number;
  readonly what: "make" | "ready" | "close" | ClientCall | "fresh";
  readonly address?: string;
}
export interface Said {
  readonly id: number;
  readonly answer: string;
}

/** Clients of a process of their own. */
export function clientProcess(): ClientMaker {
  const child = fork(fileURLToPath(new URL("child-clients.ts", import.meta.url)), {
    execArgv: [
      "--unhandled-rejections=strict",
      "--conditions=@vertex/source",
      "--import",
      import.meta.resolve("tsx"),
    ],
  });
  const waiting = new Map<number, (answer: string) => void>();
  child.on("message", (message) => {
    const { id, answer } = message as Said;
    waiting.get(id)?.(answer);
    waiting.delete(id);
  });
  const ended = new Promise<void>((resolve) => {
    child.once("exit", () => {
      for (const resolveOne of waiting.values()) resolveOne("its process has ended");
      resolve();
    });
  });
  let ids = 0;
  let clients = 0;
  const ask = (asked: Omit<Asked, "id">): Promise<string> =>
    new Promise((resolve) => {
      const id = ids++;
      waiting.set(id, resolve);
      child.send({ ...asked, id });
    });
  return {
    make(address) {
      const client = clients++;
      void ask({ client, what: "make", address });
      return {
        call: (what) => ask({ client, what }),
        ready: async () => (await ask({ client, what: "ready" })) === "true",
        close: async () => void (await ask({ client, what: "close" })),
      };
    },
    end: async () => {
      child.disconnect();
      await ended;
    },
  };
}
