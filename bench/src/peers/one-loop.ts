// Both ends of Vertex and of the yardstick in one event loop, so that how many frames share a write does not depend on
// who else is at work: what a call costs then hardly varies.

import { connect as connectNet } from "./net/client.ts";
import { serving as netServing } from "./net/server.ts";
import type { Link } from "./peer.ts";
import { connect as connectVertex } from "./vertex/client.ts";
import { serving as vertexServing } from "./vertex/server.ts";

const lost = () => {};

/** A connection of this process with itself. */
export async function linkInOneLoop(peer: "vertex" | "net"): Promise<Link> {
  return peer === "vertex"
    ? connectVertex(await vertexServing.listen(), { lost })
    : connectNet(await netServing.listen(), { lost });
}
