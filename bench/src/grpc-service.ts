// The benchmark's service as grpc-js wants it, on protobufjs's codecs from the same .proto file.

import { fileURLToPath } from "node:url";
import type { ServiceDefinition } from "@grpc/grpc-js";
import protobuf from "protobufjs";

// Vertex's options say nothing of messages.
protobuf.common("vertex/v1/options.proto", {});
const root = new protobuf.Root();
root.resolvePath = (_origin, target) => target;
root.loadSync(fileURLToPath(new URL("../schema/bench.proto", import.meta.url)));
const Sample = root.lookupType("vertex.bench.v1.Sample");

export interface GrpcSample {
  readonly id: number;
}

const write = (message: GrpcSample) => Sample.encode(message).finish() as Buffer;
const read = (bytes: Buffer) => Sample.decode(bytes) as unknown as GrpcSample;

export const grpcBench: ServiceDefinition = {
  echo: {
    path: "/vertex.bench.v1.Bench/Echo",
    requestStream: false,
    responseStream: false,
    requestSerialize: write,
    requestDeserialize: read,
    responseSerialize: write,
    responseDeserialize: read,
  },
};
