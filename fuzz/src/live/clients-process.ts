// Clients under attack, as many at a time as are asked for, and a canary among them. Argument: the address of the
// server that the canary calls.

import { connect } from "@vertex/client";
import { OwnCalls } from "../own-calls.ts";
import { startCanary } from "./canary.ts";
import { serveParent } from "./child.ts";
import { play } from "./script.ts";

/** A client to be made: it plays a script against an address, until its first connection ends. */
export interface ClientOrder {
  readonly address: string;
  readonly script: number;
  readonly name: string;
}

/** What became of it. */
export interface ClientFate {
  /** How its first connection ended. */
  readonly end: string;
  /** What must not be; "" when nothing is wrong. */
  readonly wrong: string;
}

const canary = startCanary(process.argv[2] as string);
const turn = () => new Promise<void>((resolve) => setImmediate(resolve));

async function meet({ address, script, name }: ClientOrder): Promise<ClientFate> {
  let over = (_reason: string): void => {};
  const ended = new Promise<string>((resolve) => {
    over = resolve;
  });
  const onDisconnect = ({ reason, by }: { reason: string; by: string }) => over(`${reason} by ${by}`);
  const client = connect(address, { name, log: () => {}, onDisconnect, maxAttempts: 1 });
  const own = new OwnCalls(client);
  await play(script, own, turn);
  const end = await ended;
  await client.close();
  await turn();
  try {
    own.mustHaveSettled();
    return { end, wrong: "" };
  } catch (error) {
    const { message, cause } = error as Error;
    return { end, wrong: `${message}${cause === undefined ? "" : `\n${String(cause)}`}` };
  }
}

serveParent((request) => (request === "song" ? canary() : meet(request as ClientOrder)));
