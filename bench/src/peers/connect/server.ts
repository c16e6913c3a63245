// connect-es over HTTP/2 without TLS.

import { createServer } from "node:http2";
import type { AddressInfo } from "node:net";
import type { ServiceImpl } from "@connectrpc/connect";
import { connectNodeAdapter } from "@connectrpc/connect-node";
import { answer, type Sample, type Serving } from "../peer.ts";
import { connectBench } from "./service.ts";

// What the schema would type is not known of descriptors that are read at run time.
const handlers = { echo: (request: unknown) => answer(request as Sample) } as ServiceImpl<never>;

const adapter = connectNodeAdapter({
  routes: (router) => router.service(connectBench, handlers),
});

export const serving: Serving = {
  listen: () =>
    new Promise((resolve) => {
      const server = createServer(adapter);
      server.listen(0, "127.0.0.1", () =>
        resolve(`http://127.0.0.1:${(server.address() as AddressInfo).port}`),
      );
    }),
};
