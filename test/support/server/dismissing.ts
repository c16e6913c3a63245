// A server that welcomes everybody and dismisses them at once, for the reason that it is given.
import { type EndReason, Router, resolveSessionOptions, Session } from "@vertex/protocol";
import { nodeHost, SocketTransport } from "@vertex/protocol/host";
import { listenPlain, type PlainServer } from "./sockets.ts";

/** Listens on TCP; `welcomed` is called for each connection that is about to be dismissed. */
export function dismissingServer(reason: EndReason, welcomed: () => void): Promise<PlainServer> {
  return listenPlain((socket) => {
    const session = new Session({
      role: "acceptor",
      loop: nodeHost().loop,
      transport: new SocketTransport(socket, "a client"),
      options: resolveSessionOptions(),
      router: new Router(),
      introduction: { name: "grumpy", services: [] },
      events: {
        opened: () => {
          welcomed();
          setImmediate(() => session.close(reason, "enough of you"));
        },
        roomy: () => {},
        draining: () => {},
        closed: () => {},
        handlerFailed: () => {},
      },
    });
    session.start();
  });
}
