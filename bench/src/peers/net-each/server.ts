// The yardstick that writes each frame by itself, which is what most protocols do.

import { servingFrames } from "../net/server.ts";
import type { Serving } from "../peer.ts";

export const serving: Serving = servingFrames(false);
