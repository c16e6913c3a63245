// How a process of the fleet tells what happens to it: a line of JSON on stdout. People can read it, the demo does.

import type { TallyCounts } from "./tally.ts";

/** What happens to a collector or an agent. */
export type FleetEvent =
  | { readonly event: "listening"; readonly address: string; readonly replayed: number }
  | { readonly event: "connected"; readonly afterMs: number; readonly backlog: number }
  | { readonly event: "disconnected"; readonly reason: string; readonly message: string }
  | { readonly event: "shut-down"; readonly text: string; readonly cancelled: number }
  | { readonly event: "stopped"; readonly tally: TallyCounts; readonly unsent: number };

/** Tells it. Written at once: stdout is a pipe, a file or a terminal, all of which Node writes in order. */
export function say(event: FleetEvent): void {
  process.stdout.write(`${JSON.stringify(event)}\n`);
}

/** Ends this process with the one that started it, however that one ends; does nothing for one started by hand. */
export function endWithParent(): void {
  process.once("disconnect", () => process.exit(1));
  process.channel?.unref();
}
