// The benchmark's service as grpc-js wants it.

import type { MethodDefinition, ServiceDefinition } from "@grpc/grpc-js";
import { chunks, orders, type PeerCodec, samples, tallies } from "../protobuf.ts";

function method<I, O>(
  name: string,
  request: PeerCodec<I>,
  response: PeerCodec<O>,
  streams: "none" | "up" | "down",
): MethodDefinition<I, O> {
  return {
    path: `/vertex.bench.v1.Bench/${name}`,
    requestStream: streams === "up",
    responseStream: streams === "down",
    requestSerialize: request.write,
    requestDeserialize: request.read,
    responseSerialize: response.write,
    responseDeserialize: response.read,
  };
}

export const grpcBench: ServiceDefinition = {
  echo: method("Echo", samples, samples, "none"),
  collect: method("Collect", samples, tallies, "up"),
  emit: method("Emit", orders, samples, "down"),
  upload: method("Upload", chunks, tallies, "up"),
  download: method("Download", orders, chunks, "down"),
};
