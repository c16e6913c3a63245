// Memory of a server process: idle, and how it grows with its connections.

import { Child } from "../process/child.ts";
import type { Usage } from "../process/usage.ts";
import { type Row, row } from "../report/row.ts";
import { fitLine, type Line, spreadOf } from "../report/statistics.ts";
import { progress } from "../runner.ts";

export const MB = 1_048_576;

/** How memory is measured. */
export interface GrowthSettings {
  readonly rounds: number;
  /** Connections at which memory is read. */
  readonly steps: readonly number[];
  readonly settleMs: number;
}

/** A process that has nothing to do. */
export interface Idle {
  readonly rssBytes: number;
  /** Of that, what is no page of a file. */
  readonly anonymousBytes: number;
}

/** One server from its start to its last connection. */
export interface Growth {
  readonly idle: Idle;
  /** Heap and buffers, in kB a connection. */
  readonly state: Line;
  /** The same without the buffers. */
  readonly heap: Line;
  readonly rss: Line;
}

const settle = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));

async function idleOf(child: Child, settleMs: number): Promise<Idle> {
  await settle(settleMs);
  const { rssBytes } = await child.ask<Usage>("usage", false);
  return { rssBytes, anonymousBytes: await child.ask<number>("anonymousBytes") };
}

/** A Node process without any code. */
export async function idleNode(settleMs: number): Promise<Idle> {
  const bare = await Child.start("bare");
  const idle = await idleOf(bare, settleMs);
  await bare.stop();
  return idle;
}

/** Starts a peer's server and connects to it, step by step. */
export async function grow(peer: string, { steps, settleMs }: GrowthSettings): Promise<Growth> {
  const server = await Child.start("server", [peer]);
  const address = await server.ask<string>("listen");
  const idle = await idleOf(server, settleMs);
  const load = await Child.start("load", [peer]);
  const points: { held: number; used: Usage }[] = [];
  for (const count of steps) {
    const held = await load.ask<number>("connect", { address, count });
    await settle(settleMs);
    points.push({ held, used: await server.ask<Usage>("usage", true) });
  }
  await Promise.all([load.stop(), server.stop()]);
  const line = (pick: (used: Usage) => number) =>
    fitLine(points.map(({ held, used }) => [held, pick(used) / 1_024]));
  return {
    idle,
    state: line((used) => used.stateBytes),
    heap: line((used) => used.heapBytes),
    rss: line((used) => used.rssBytes),
  };
}

/** The figures of memory. */
export async function measureGrowth(peer: string, settings: GrowthSettings): Promise<Row[]> {
  const rounds: Growth[] = [];
  const bare: number[] = [];
  for (let round = 1; round <= settings.rounds; round++) {
    progress(`memory, round ${round} of ${settings.rounds}`);
    bare.push((await idleNode(settings.settleMs)).rssBytes / MB);
    rounds.push(await grow(peer, settings));
  }
  const idle = rounds.map(({ idle }) => idle.rssBytes / MB);
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
