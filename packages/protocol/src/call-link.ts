// What calls need from the session they run on. Declared here, so that calls can be tested with a small fake and
// the session stands above them.

import type { InboundLink } from "./inbound.ts";
import type { Loop } from "./loop.ts";
import type { OutboundLink } from "./outbound.ts";

/** The session as both kinds of call see it. */
export interface CallLink extends InboundLink, OutboundLink {
  readonly loop: Loop;
  readonly peerAddress: string;
  /** Message bytes that this side may send on a new call. */
  readonly peerInitialCreditBytes: number;
}
