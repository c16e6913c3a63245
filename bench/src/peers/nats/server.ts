// A responder behind a nats-server of its own, which is a third process: its CPU time counts as the server's.

import { type ChildProcess, spawn } from "node:child_process";
import { createServer } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";
import { connect, type NatsConnection } from "@nats-io/transport-node";
import { answerTo, type Serving } from "../peer.ts";
import { samples } from "../protobuf.ts";

let broker: ChildProcess | undefined;

/** A port that was free a moment ago. */
function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const probe = createServer().on("error", reject);
    probe.listen(0, "127.0.0.1", () => {
      const { port } = probe.address() as { port: number };
      probe.close(() => resolve(port));
    });
  });
}

async function connectWhenUp(servers: string): Promise<NatsConnection> {
  for (let tries = 1; ; tries++) {
    try {
      return await connect({ servers });
    } catch (error) {
      if (tries === 50) throw error;
      await sleep(100);
    }
  }
}

export const serving: Serving = {
  async listen() {
    const address = `127.0.0.1:${await freePort()}`;
    broker = spawn("nats-server", ["-a", "127.0.0.1", "-p", address.split(":")[1] as string], {
      stdio: "ignore",
    });
    process.on("exit", () => broker?.kill("SIGKILL"));
    const responder = await connectWhenUp(address);
    responder.subscribe("echo", {
      callback: (error, message) => {
        if (error !== null) throw error;
        answerTo(samples.read(message.data), (reply) => void message.respond(samples.write(reply)));
      },
    });
    await responder.flush();
    return address;
  },
  helpers: () => (broker?.pid === undefined ? [] : [broker.pid]),
};
