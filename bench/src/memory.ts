// Memory of a server process: idle, and how it grows with its connections.

import { Child } from "./child.ts";
import { type Row, row } from "./row.ts";
import { fitLine, type Line, spreadOf } from "./statistics.ts";
import type { Usage } from "./usage.ts";

const MB = 1_048_576;

/** How memory is measured. */
interface MemorySettings {
  readonly rounds: number;
  readonly steps: readonly number[];
  readonly settleMs: number;
}

/** One server from its start to its last connection. */
interface Growth {
  readonly idleBytes: number;
  readonly state: Line;
  readonly rss: Line;
}

const settle = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));

async function bareRss(settleMs: number): Promise<number> {
  const bare = await Child.start("bare");
  await settle(settleMs);
  const { rssBytes } = await bare.ask<Usage>("usage", false);
  await bare.stop();
  return rssBytes;
}

async function grow({ steps, settleMs }: MemorySettings): Promise<Growth> {
  const server = await Child.start("vertex-server");
  const address = await server.ask<string>("listen");
  await settle(settleMs);
  const { rssBytes: idleBytes } = await server.ask<Usage>("usage", false);
  const load = await Child.start("vertex-load");
  const state: [number, number][] = [];
  const rss: [number, number][] = [];
  for (const count of steps) {
    const held = await load.ask<number>("connect", { address, count });
    await settle(settleMs);
    const used = await server.ask<Usage>("usage", true);
    state.push([held, used.stateBytes / 1_024]);
    rss.push([held, used.rssBytes / 1_024]);
  }
  await Promise.all([load.stop(), server.stop()]);
  return { idleBytes, state: fitLine(state), rss: fitLine(rss) };
}

/** The figures of memory. */
export async function measureMemory(
  settings: MemorySettings,
  report: (text: string) => void,
): Promise<Row[]> {
  const rounds: Growth[] = [];
  const bare: number[] = [];
  for (let round = 1; round <= settings.rounds; round++) {
    report(`memory, round ${round} of ${settings.rounds}`);
    bare.push((await bareRss(settings.settleMs)) / MB);
    rounds.push(await grow(settings));
  }
  const idle = rounds.map(({ idleBytes }) => idleBytes / MB);
  const r2 = spreadOf(rounds.map(({ rss }) => rss.r2)).median.toFixed(4);
  return [
    row("idle-rss", "RSS of an idle server process", "MB", idle, { is: "at most", value: 50 }),
    row("bare-rss", "  a Node process without any code", "MB", bare, null),
    row(
      "state",
      "state of a connection (heap and buffers)",
      "kB",
      rounds.map(({ state }) => state.slope),
      null,
      `after a collection, at ${settings.steps.join(", ")} connections`,
    ),
    row(
      "linear",
      "  growth is linear: R2",
      "",
      rounds.map(({ state }) => state.r2),
      { is: "at least", value: 0.99 },
    ),
    row(
      "rss-growth",
      "RSS of a connection",
      "kB",
      rounds.map(({ rss }) => rss.slope),
      null,
      `R2 ${r2}`,
    ),
  ];
}
