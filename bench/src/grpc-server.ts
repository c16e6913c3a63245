// The process that serves gRPC.

import { Server, ServerCredentials, type ServerUnaryCall, type sendUnaryData } from "@grpc/grpc-js";
import { answerParent } from "./child.ts";
import { type GrpcSample, grpcBench } from "./grpc-service.ts";
import { usage } from "./usage.ts";

const server = new Server();
server.addService(grpcBench, {
  echo: ({ request }: ServerUnaryCall<GrpcSample, GrpcSample>, answer: sendUnaryData<GrpcSample>) =>
    answer(null, request),
});

answerParent({
  listen: () =>
    new Promise((resolve, reject) =>
      server.bindAsync("127.0.0.1:0", ServerCredentials.createInsecure(), (error, port) =>
        error === null ? resolve(`127.0.0.1:${port}`) : reject(error),
      ),
    ),
  usage,
});
