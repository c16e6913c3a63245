// Who is compared: one line each. A peer that cannot run here says what is missing.

import type { Placement } from "../process/cores.ts";
import { type Versions, versionsOf } from "../report/machine.ts";
import { grpcCpp, grpcGo, has, NativePair, type Program, rust } from "./native.ts";
import { NodePair, type Pair } from "./pair.ts";

export interface Peer {
  readonly id: string;
  /** For people, with what it carries the message in. */
  readonly name: string;
  /** What it is: the product, a yardstick that carries bytes and promises nothing, or a peer. */
  readonly kind: "vertex" | "yardstick" | "peer";
  /** What it is made of. */
  versions(): Versions;
  /** What to install before it can run; undefined when it can. */
  missing(): string | undefined;
  start(placement: Placement): Promise<Pair>;
}

const always = () => undefined;

function nodePeer(
  id: string,
  name: string,
  packages: readonly string[],
  kind: Peer["kind"] = "peer",
  missing: Peer["missing"] = always,
): Peer {
  const versions = () => versionsOf(packages);
  return { id, name, kind, versions, missing, start: (placement) => NodePair.start(id, placement) };
}

function nativePeer(id: string, name: string, program: Program, variant = ""): Peer {
  return {
    id,
    name,
    kind: "peer",
    versions: () => program.versions(),
    missing: () => program.missing(),
    start: (placement) => NativePair.start(program, variant, placement),
  };
}

const noBroker = () =>
  has("nats-server") ? undefined : "nats skipped: install `nats-server` (Debian: nats-server)";

export const peers: readonly Peer[] = [
  nodePeer("vertex", "Vertex", ["@vertex/server", "@vertex/client"], "vertex"),
  nodePeer("net", "bare net, coalesced", [], "yardstick"),
  nodePeer("net-each", "bare net, a write per frame", [], "yardstick"),
  nodePeer("ws", "ws + protobuf", ["ws", "protobufjs"]),
  nodePeer("nats", "nats request/reply", ["@nats-io/transport-node"], "peer", noBroker),
  nodePeer("trpc", "tRPC over ws", ["@trpc/server"]),
  nodePeer("grpc-js", "grpc-js", ["@grpc/grpc-js"]),
  nodePeer("connect", "connect-es", ["@connectrpc/connect", "@bufbuild/protobuf"]),
  nativePeer("grpc-cpp", "gRPC C++", grpcCpp),
  nativePeer("grpc-go", "gRPC Go", grpcGo),
  nativePeer("rust", "Rust tokio + bincode, coalesced", rust),
  nativePeer("rust-each", "Rust tokio + bincode, a write per message", rust, "-each"),
];

/** The peers that can run here, with a line for each that cannot. */
export function available(wanted: readonly Peer[]): { ready: Peer[]; skipped: string[] } {
  const ready: Peer[] = [];
  const skipped: string[] = [];
  for (const peer of wanted) {
    const missing = peer.missing();
    if (missing === undefined) ready.push(peer);
    else skipped.push(missing);
  }
  return { ready, skipped };
}

/** The versions of all that runs. */
export function versionsOfAll(ready: readonly Peer[]): Versions {
  return Object.assign({}, ...ready.map((peer) => peer.versions())) as Versions;
}
