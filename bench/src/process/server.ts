// The process that serves: `server.js PEER`. It loads that peer's server and nothing else.

import type { Serving } from "../peers/peer.ts";
import { answerParent } from "./child.ts";
import { collections } from "./collections.ts";
import { usage } from "./usage.ts";

const { serving } = (await import(`../peers/${process.argv[2]}/server.ts`)) as { serving: Serving };

answerParent({
  listen: () => serving.listen(),
  usage: (collect: boolean) => usage(collect, serving.helpers?.()),
  collections,
  connections: () => serving.connections?.() ?? 0,
});
