// Unary calls and streams on @grpc/grpc-js, plain text.

import {
  Server,
  ServerCredentials,
  type ServerReadableStream,
  type ServerUnaryCall,
  type ServerWritableStream,
  type sendUnaryData,
} from "@grpc/grpc-js";
import { answerTo, countOf, payloadOf, repeat, type Sample, type Serving, sample } from "../peer.ts";
import { sendAll } from "../send-all.ts";
import { grpcBench } from "./service.ts";

type Order = { messages: number; bytes: number };
type Answer = sendUnaryData<{ messages: number }>;

const count = async (call: ServerReadableStream<unknown, unknown>, done: Answer) =>
  done(null, { messages: await countOf(call) });

const server = new Server({ "grpc.max_receive_message_length": -1 });
server.addService(grpcBench, {
  echo: ({ request }: ServerUnaryCall<Sample, Sample>, done: sendUnaryData<Sample>) =>
    answerTo(request, (reply) => done(null, reply)),
  collect: count,
  upload: count,
  emit: (call: ServerWritableStream<Order, Sample>) => sendAll(call, repeat(sample, call.request.messages)),
  download: (call: ServerWritableStream<Order, { payload: Uint8Array }>) =>
    sendAll(call, repeat({ payload: payloadOf(call.request.bytes) }, call.request.messages)),
});

export const serving: Serving = {
  listen: () =>
    new Promise((resolve, reject) =>
      server.bindAsync("127.0.0.1:0", ServerCredentials.createInsecure(), (error, port) =>
        error === null ? resolve(`127.0.0.1:${port}`) : reject(error),
      ),
    ),
};
