// One channel of @grpc/grpc-js, on a connection of its own.

import {
  type Client,
  type ClientReadableStream,
  type ClientWritableStream,
  credentials,
  makeGenericClientConstructor,
  type requestCallback,
} from "@grpc/grpc-js";
import { type Connect, countOf, payloadOf, repeat, type Sample, sample } from "../peer.ts";
import { sendAll } from "../send-all.ts";
import { grpcBench } from "./service.ts";

type Tally = { messages: number };
type Order = { messages: number; bytes: number };
type Up = (answered: requestCallback<Tally>) => ClientWritableStream<unknown>;
type Down = (order: Order) => ClientReadableStream<unknown>;

interface BenchClient extends Client {
  echo(request: Sample, answered: requestCallback<Sample>): unknown;
  readonly collect: Up;
  readonly upload: Up;
  readonly emit: Down;
  readonly download: Down;
}

const BenchClient = makeGenericClientConstructor(grpcBench, "Bench");

function sendUp(call: Up, messages: Iterable<unknown>): Promise<number> {
  return new Promise((resolve, reject) => {
    const stream = call((error, tally) => (error === null ? resolve(tally?.messages ?? 0) : reject(error)));
    sendAll(stream, messages).catch(reject);
  });
}

export const connect: Connect = async (address) => {
  // A channel shares its connection with others to the same address unless told otherwise.
  const options = { "grpc.use_local_subchannel_pool": 1, "grpc.max_receive_message_length": -1 };
  const client = new BenchClient(address, credentials.createInsecure(), options) as unknown as BenchClient;
  await new Promise<void>((resolve, reject) =>
    client.waitForReady(Date.now() + 5_000, (error) => (error === undefined ? resolve() : reject(error))),
  );
  return {
    echo: (request) =>
      new Promise((resolve, reject) =>
        client.echo(request, (error, reply) => (error === null ? resolve(reply as Sample) : reject(error))),
      ),
    pass({ direction, bytes, messages }) {
      if (direction === "down") {
        const order = { messages, bytes };
        return countOf(bytes === 0 ? client.emit(order) : client.download(order));
      }
      return bytes === 0
        ? sendUp(client.collect.bind(client), repeat(sample, messages))
        : sendUp(client.upload.bind(client), repeat({ payload: payloadOf(bytes) }, messages));
    },
  };
};
