import { connectingFrames } from "../net/client.ts";
import type { Connect } from "../peer.ts";

export const connect: Connect = connectingFrames(false);
