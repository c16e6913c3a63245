// A client in order, which calls all the time: what befalls others must not reach it.

import { connect } from "@vertex/client";
import { Greeter } from "../../../test/gen/greeter.ts";

const INTERVAL_MS = 5;

/** How the canary fares. */
export interface Song {
  readonly calls: number;
  readonly failures: number;
  readonly firstFailure: string;
  readonly slowestMs: number;
}

/** Calls `address` every 5 ms until the process ends. */
export function startCanary(address: string): () => Song {
  const greeter = connect(address, { log: () => {} }).use(Greeter);
  const song = { calls: 0, failures: 0, firstFailure: "", slowestMs: 0 };
  const sing = async () => {
    const name = `canary ${song.calls++}`;
    const startedAt = performance.now();
    try {
      const { text } = await greeter.hello({ name });
      if (text !== `hello ${name}`) throw new Error(`was told ${text}`);
    } catch (error) {
      song.failures++;
      song.firstFailure ||= String(error);
    }
    song.slowestMs = Math.max(song.slowestMs, performance.now() - startedAt);
  };
  setInterval(() => void sing(), INTERVAL_MS);
  return () => ({ ...song });
}
