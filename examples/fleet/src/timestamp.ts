// google.protobuf.Timestamp to and from the clock of this process.

import type { Timestamp } from "./gen/google/protobuf/timestamp.ts";

/** The time now, to the microsecond. */
export function timestampNow(): Timestamp {
  const ms = performance.timeOrigin + performance.now();
  const seconds = Math.floor(ms / 1_000);
  return { seconds: BigInt(seconds), nanos: Math.floor((ms - seconds * 1_000) * 1_000) * 1_000 };
}
