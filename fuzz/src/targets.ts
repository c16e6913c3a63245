// The targets, by name. A new one is a file in targets/ and a line here.

import type { Target } from "./target.ts";
import { codegen } from "./targets/codegen.ts";
import { differential } from "./targets/differential.ts";
import { frames } from "./targets/frames.ts";
import { handshake } from "./targets/handshake.ts";
import { liveClient, liveServer } from "./targets/live.ts";
import { session } from "./targets/session.ts";
import { wireReader } from "./targets/wire-reader.ts";

export const targets: readonly Target[] = [
  wireReader,
  frames,
  handshake,
  session,
  differential,
  liveServer,
  liveClient,
  codegen,
];

/** @throws Error when there is none of that name. */
export function findTarget(name: string): Target {
  const target = targets.find((each) => each.name === name);
  if (target !== undefined) return target;
  throw new Error(`there is no target ${name}; there are ${targets.map((each) => each.name).join(", ")}`);
}
