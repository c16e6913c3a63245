// connect-es's own protocol, binary, over one HTTP/2 connection.

import { createClient } from "@connectrpc/connect";
import { createConnectTransport } from "@connectrpc/connect-node";
import { type Connect, type Sample, sample } from "../peer.ts";
import { connectBench } from "./service.ts";

interface BenchClient {
  echo(request: Sample): Promise<Sample>;
}

export const connect: Connect = async (baseUrl) => {
  const transport = createConnectTransport({ baseUrl, httpVersion: "2", useBinaryFormat: true });
  const client = createClient(connectBench, transport) as unknown as BenchClient;
  await client.echo(sample);
  return { echo: (request) => client.echo(request) };
};
