// Times for a demo of seconds: a silent peer is found out in under a second, and looked for again at once. The
// defaults (heartbeat 15 s, reconnect from 1 s on) are for real fleets. A server halves or doubles at most what a
// client proposes, so both sides say it.

import type { ClientOptions, SessionOptions } from "@vertex/client";

/** For both sides. */
export const sessionOptions: SessionOptions = { heartbeatIntervalMs: 200, heartbeatTimeoutMs: 400 };

/** For clients. */
export const clientOptions: ClientOptions = {
  session: sessionOptions,
  connectTimeoutMs: 1_000,
  reconnect: { initialDelayMs: 50, factor: 1.5, maxDelayMs: 250 },
};
