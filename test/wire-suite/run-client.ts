// Runs client cases: each with a listening socket and a Vertex client of its own. The first connection misbehaves as
// the case says, every later one is a good server; so a call that moved or was repeated ends as "again".
import { type AddressInfo, createServer, type Server, type Socket } from "node:net";
import type { ClientCase } from "./case.ts";
import type { ClientMaker, ClientUnderTest } from "./client-under-test.ts";
import { data, END, hi, line, ping, welcome } from "./frames.ts";
import { Peer } from "./peer.ts";
import type { CaseResult } from "./run-server.ts";
import type { SharedCase } from "./serving-cases.ts";

const PATIENCE_MS = 2_000;
const STAYS_AWAY_MS = 150;

/** A listening socket: the first connection for the case, the others served well. */
class Host {
  readonly first: Promise<Peer>;
  connections = 0;
  readonly #server: Server;
  readonly #sockets: Socket[] = [];

  constructor(cuts: (() => number) | undefined) {
    this.#server = createServer();
    this.first = new Promise((resolve) => {
      this.#server.on("connection", (socket) => {
        this.#sockets.push(socket);
        const peer = new Peer(socket, cuts);
        if (++this.connections === 1) resolve(peer);
        else void serveWell(peer);
      });
    });
  }

  async listen(): Promise<string> {
    await new Promise<void>((resolve) => this.#server.listen(0, "127.0.0.1", resolve));
    return `tcp://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  close(): void {
    this.#server.close();
    for (const socket of this.#sockets) socket.destroy();
  }
}

async function serveWell(peer: Peer): Promise<void> {
  await peer.next("HELLO");
  peer.write(welcome());
  for (let call = await peer.next("CALL"); call !== undefined; call = await peer.next("CALL")) {
    peer.write(data(call.id, line("again"), END));
  }
}

function late<T>(what: T, ms: number): Promise<T> {
  return new Promise((resolve) => setTimeout(resolve, ms, what));
}

/** What `promise` resolves with, or `otherwise` when it takes too long. */
async function inTime<T>(promise: Promise<T>, otherwise: T): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const tooLate = new Promise<T>((resolve) => {
    timer = setTimeout(resolve, PATIENCE_MS, otherwise);
  });
  return Promise.race([promise, tooLate]).finally(() => clearTimeout(timer));
}

/** Runs one case of the client as a caller. */
export async function runClientCase(
  one: ClientCase,
  maker: ClientMaker,
  cuts?: () => number,
): Promise<CaseResult> {
  const host = new Host(cuts);
  const client = maker.make(await host.listen());
  try {
    const peer = await host.first;
    await peer.next("HELLO");
    if (one.bare !== true) peer.write(one.welcome ?? welcome());
    const calls: Promise<string>[] = [];
    let problem = "";
    for (const [index, method] of one.calls.entries()) {
      calls.push(client.call(method));
      const opens = method === "sum" || method === "chat" ? "CALL" : "CALL|END";
      if (one.bare !== true) problem ||= await peer.expect(`${opens} ${2 * index + 1}`);
    }
    problem ||= await peer.run(one.sent);
    const stayed =
      one.after === "stays" ? await staysUsable(client, peer) : await leaves(client, host, peer, one);
    const ended = await Promise.all(calls.map((call) => inTime(call, "never ended")));
    ended.forEach((end, index) => {
      if (end !== one.ends[index])
        problem ||= `call ${2 * index + 1} ended as "${end}", not "${one.ends[index]}"`;
    });
    return { name: one.name, behaviour: problem, ending: stayed };
  } finally {
    await client.close();
    host.close();
  }
}

async function staysUsable(client: ClientUnderTest, peer: Peer): Promise<string> {
  peer.write(ping(0x5a));
  // Answers to calls that the suite made itself stand before it.
  const fresh = client.call("fresh");
  const call = await peer.next("CALL");
  if (call === undefined) return "not usable: no fresh call came";
  const pong = await peer.next("PONG");
  if (pong === undefined) return "not usable: no PONG came";
  peer.write(data(call.id, line("fresh"), END));
  const end = await inTime(fresh, "nothing");
  return end === "fresh" ? "" : `not usable: the fresh call ended as "${end}"`;
}

async function leaves(
  client: ClientUnderTest,
  host: Host,
  peer: Peer,
  { after }: ClientCase,
): Promise<string> {
  if (after !== "back" && after !== "beside" && after !== "gives up") {
    const problem = await peer.expectLast(`GOAWAY 0 ${after}`);
    if (problem !== "") return problem;
  }
  if (after === "gives up") {
    await late("", STAYS_AWAY_MS);
    return host.connections === 1 ? "" : "it dialed again";
  }
  const back = await inTime(
    client.ready().then((ready) => ready && untilTwo(host)),
    false,
  );
  if (!back) return "it did not dial again";
  if (after === "beside") return peer.ended ? "it closed the first connection" : "";
  return (await peer.until(() => peer.ended, PATIENCE_MS)) ? "" : "it did not close the first connection";
}

async function untilTwo(host: Host): Promise<boolean> {
  for (let waited = 0; host.connections < 2; waited += 5) {
    if (waited > PATIENCE_MS) return false;
    await late("", 5);
  }
  return true;
}

/** Runs one case of the client as the side that serves. */
export async function runClientServingCase(
  one: SharedCase,
  maker: ClientMaker,
  cuts?: () => number,
): Promise<CaseResult> {
  const host = new Host(cuts);
  const client = maker.make(await host.listen());
  try {
    const peer = await host.first;
    await peer.next("HELLO");
    const behaviour =
      (await peer.run([welcome(), ...one.state])) || (await peer.run([...one.sent, ...one.answer]));
    const ending =
      one.ending === "usable" ? await servesOn(peer, one) : await peer.expectLast(`GOAWAY 0 ${one.ending}`);
    const left = peer.leftOver.length > 0 ? `also came: ${peer.leftOver.join(", ")}` : "";
    return { name: `client ${one.name}`, behaviour: behaviour || left, ending };
  } finally {
    await client.close();
    host.close();
  }
}

async function servesOn(peer: Peer, { quietMs = 0 }: SharedCase): Promise<string> {
  await peer.pass(quietMs);
  peer.write(hi(1_002, "again"));
  return peer.expect("DATA|END 1002 Hello again");
}
