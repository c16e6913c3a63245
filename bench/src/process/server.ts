// The process that serves: `server.js PEER`. It loads that peer's server and nothing else.

import type { Serving } from "../peers/peer.ts";
import { answerParent } from "./child.ts";
import { collections } from "./collections.ts";
import { importPeer } from "./import-peer.ts";
import { profiling } from "./profiling.ts";
import { anonymousBytes, usage } from "./usage.ts";

const { serving } = await importPeer<{ serving: Serving }>("server");

answerParent({
  listen: () => serving.listen(),
  usage: (collect: boolean) => usage(collect, serving.helpers?.()),
  anonymousBytes,
  collections,
  ...profiling,
  connections: () => serving.connections?.() ?? 0,
});
