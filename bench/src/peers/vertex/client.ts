// Every option of Vertex as it comes; only the heartbeat can be made faster, to know that idle connections live.

import { connect as dial, lent as lend } from "@vertex/client";
import { Bench } from "../../../gen/bench.ts";
import { type Connect, countOf, payloadOf, repeat, sample } from "../peer.ts";

import { LENT } from "./handlers.ts";

const endless = { timeoutMs: Number.POSITIVE_INFINITY };

export const connect: Connect = async (address, { heartbeatMs, lost }) => {
  const session = heartbeatMs === undefined ? {} : { heartbeatIntervalMs: heartbeatMs };
  const client = dial(address, { session, onDisconnect: lost });
  await client.ready();
  const bench = client.use(Bench);
  return {
    echo: (request) => bench.echo(request),
    async pass({ direction, bytes, messages, lent }) {
      if (direction === "down") {
        if (bytes === 0) return countOf(bench.emit({ messages, bytes }, endless));
        const chunks = bench.download({ messages, bytes }, endless);
        return countOf(lent ? lend(chunks) : chunks);
      }
      const sent =
        bytes === 0
          ? bench.collect(endless).send(repeat(sample, messages))
          : bench
              .upload(lent ? { ...endless, metadata: { [LENT]: "" } } : endless)
              .send(repeat({ payload: payloadOf(bytes) }, messages));
      return (await sent).messages;
    },
  };
};
