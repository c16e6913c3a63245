// Runs server cases: each on a connection of its own, with a verdict on what came back and one on how it ended.
import { once } from "node:events";
import { connect, type Socket } from "node:net";
import { connect as connectTls } from "node:tls";
import { parseAddress } from "@vertex/protocol/host";
import { clientTls } from "../support/tls/test-certificate.ts";
import type { ServerCase, ServerFacts } from "./case.ts";
import { hello, hi, none, ping, readFields } from "./frames.ts";
import { Peer } from "./peer.ts";

/** Where the server is, and how the suite writes to it. */
export interface Target {
  /** `tcp://host:port`, `tls://host:port` (with the certificate of the tests) or `unix:/path`. */
  readonly address: string;
  /** What is drawn from to cut everything that is written into pieces. Absent: nothing is cut. */
  readonly cuts?: (() => number) | undefined;
}

/** What became of a case; "" is well. */
export interface CaseResult {
  readonly name: string;
  readonly behaviour: string;
  readonly ending: string;
}

const pongWords = `PONG 0 ${"5a".repeat(8)}`;

async function dial({ address, cuts }: Target): Promise<Peer> {
  const where = parseAddress(address);
  let socket: Socket;
  if (where.scheme === "unix") socket = connect({ path: where.path });
  else if (where.scheme === "tcp") socket = connect({ host: where.host, port: where.port });
  else socket = connectTls({ host: where.host, port: where.port, ALPNProtocols: ["vertex/1"], ...clientTls });
  await once(socket, where.scheme === "tls" ? "secureConnect" : "connect");
  return new Peer(socket, cuts);
}

/** Asks the server for its limits and its own heartbeat. @throws Error when it does not welcome the suite. */
export async function factsOf(target: Target): Promise<ServerFacts> {
  const peer = await dial(target);
  try {
    peer.write(hello());
    const welcome = await peer.next("WELCOME");
    if (welcome === undefined) throw new Error("the server does not welcome the suite");
    const fields = readFields(welcome.payload.subarray(5));
    const limits = readFields(fields.bytes(2) ?? none);
    const heartbeat = readFields(fields.bytes(3) ?? none);
    const message = Math.max(1_024, limits.number(2));
    return {
      frame: Math.min(message, Math.max(1_024, limits.number(1))),
      message,
      calls: Math.max(1, limits.number(3)),
      credit: Math.max(1, limits.number(4)),
      heartbeatIntervalMs: heartbeat.number(1),
      heartbeatTimeoutMs: heartbeat.number(2),
    };
  } finally {
    peer.destroy();
  }
}

/** Runs one case. */
export async function runServerCase(
  target: Target,
  one: ServerCase,
  facts: ServerFacts,
): Promise<CaseResult> {
  const peer = await dial(target);
  peer.limits = facts;
  peer.answersPings = one.mute !== true;
  try {
    const behaviour = await behaves(peer, one);
    const ending = await ends(peer, one);
    const left = peer.leftOver.length > 0 ? `also came: ${peer.leftOver.join(", ")}` : "";
    return { name: one.name, behaviour: behaviour || left, ending };
  } finally {
    peer.destroy();
  }
}

async function behaves(peer: Peer, one: ServerCase): Promise<string> {
  const opening = one.bare === true ? [] : [one.hello ?? hello(), "WELCOME 0"];
  return (await peer.run([...opening, ...one.state])) || (await peer.run([...one.sent, ...one.answer]));
}

async function ends(peer: Peer, one: ServerCase): Promise<string> {
  if (one.ending === "usable") return staysUsable(peer, one);
  const withinMs = one.withinMs ?? 1_000;
  if (one.ending !== "closed") {
    const problem = await peer.expect(`GOAWAY 0 ${one.ending}`, withinMs);
    if (problem !== "") return problem;
  }
  if (!(await peer.until(() => peer.ended, withinMs))) return `it was not closed within ${withinMs} ms`;
  if (one.ending === "closed") peer.drop("GOAWAY 0 SHUTDOWN");
  return "";
}

/** A PING is answered, and so is a fresh call. */
async function staysUsable(peer: Peer, { quietMs = 0, freshId = 1_001 }: ServerCase): Promise<string> {
  await peer.pass(quietMs);
  peer.write(ping(0x5a));
  const pong = await peer.expect(pongWords);
  if (pong !== "") return `not usable: ${pong}`;
  peer.write(hi(freshId, "again"));
  const answer = await peer.expect(`DATA|END ${freshId} Hello again`);
  return answer === "" ? "" : `not usable: ${answer}`;
}

/** Runs `work` over all of `items`, some at a time, and keeps their order. */
export async function inParallel<Item, Result>(
  items: readonly Item[],
  atOnce: number,
  work: (item: Item) => Promise<Result>,
): Promise<Result[]> {
  const results: Result[] = [];
  let next = 0;
  const worker = async () => {
    for (let index = next++; index < items.length; index = next++) {
      results[index] = await work(items[index] as Item);
    }
  };
  await Promise.all(Array.from({ length: atOnce }, worker));
  return results;
}
