// Request and reply through the broker.

import { connect as dial } from "@nats-io/transport-node";
import type { Connect } from "../peer.ts";
import { samples } from "../protobuf.ts";

export const connect: Connect = async (servers) => {
  const connection = await dial({ servers });
  return {
    async echo(request) {
      const { data } = await connection.request("echo", samples.write(request), { timeout: 10_000 });
      return samples.read(data);
    },
  };
};
