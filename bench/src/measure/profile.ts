// `bench profile`: where the CPU time goes in the rows that miss their target. Each scenario does what the row's own
// measurement does, once without the profiler, for what a call takes, and once with it, for the shares.

import { setTimeout as sleep } from "node:timers/promises";
import { NodePair } from "../peers/pair.ts";
import { available, peers, versionsOfAll } from "../peers/peers.ts";
import type { Child } from "../process/child.ts";
import { cannotPin } from "../process/cores.ts";
import { NATIVE, type Spent } from "../process/profile.ts";
import type { Usage } from "../process/usage.ts";
import { type Profiled, profileTables, type Subject } from "../report/profile-table.ts";
import type { Section } from "../report/section.ts";
import { progress, runsOf } from "../runner.ts";
import { everyday, measureIn, withCodecs } from "./codec.ts";
import { affordable, SETTLE_MS, withIdle } from "./connections.ts";
import { calibrate, passOnce, ways } from "./streams.ts";

/** How much is measured. */
export interface ProfileSettings {
  /** Connections with a call in flight each. */
  readonly busy: number;
  readonly busyMs: number;
  /** Connections that are held with heartbeats alone. */
  readonly idle: number;
  /** How long they are held without the profiler, and with it. */
  readonly heldMs: number;
  readonly heldProfiledMs: number;
  /** Timings of each message, and the length of one. */
  readonly codecRounds: number;
  readonly codecMs: number;
  readonly streamMs: number;
}

/** Functions that were inlined are shown as themselves, also in code that was compiled before the profiler started. */
const nodeFlags = ["--detailed-line-info"];

const yardsticks = [
  ["vertex", "Vertex"],
  ["net", "bare net"],
] as const;
const placement = () => (cannotPin() === undefined ? "apart" : "free");

/** What a run took of a process, and for how much work. */
async function used(child: Child, run: () => Promise<number>): Promise<Omit<Subject, "name" | "spent">> {
  const before = await child.ask<Usage>("usage", false);
  const units = Math.max(1, await run());
  const after = await child.ask<Usage>("usage", false);
  return {
    micros: (after.cpuMicros - before.cpuMicros) / units,
    systemMicros: (after.systemMicros - before.systemMicros) / units,
  };
}

/** V8 has been seen to hang when its profiler starts in a process with 1,000 connections; then there is no profile. */
const START_MS = 10_000;

/** Whether the profiler starts in that process, and within `withinMs`. */
export async function profilerStarts(child: Pick<Child, "ask">, withinMs: number): Promise<boolean> {
  const given = new AbortController();
  const late = sleep(withinMs, false, { signal: given.signal }).catch(() => false);
  // A process that hangs is ended later, and the question with it.
  const start = child.ask("profileStart").then(
    () => true,
    () => false,
  );
  const started = await Promise.race([start, late]);
  given.abort();
  return started;
}

/** What each function takes of a process while it does one unit of the work; undefined when V8 cannot say. */
async function profiled(child: Child, run: () => Promise<number>): Promise<Spent[] | undefined> {
  if (!(await profilerStarts(child, START_MS))) return undefined;
  const units = Math.max(1, await run());
  const spent = await child.ask<Spent[]>("profileStop");
  return spent.map((each) => ({ ...each, micros: each.micros / units }));
}

/**
 * Counts without the profiler, then profiles. V8 calls idle all that the event loop does in its poll outside of JavaScript,
 * where Node reads its sockets: that is what the process took beyond what V8 saw.
 */
async function counted(
  child: Child,
  run: () => Promise<number>,
  profiledRun = run,
): Promise<Omit<Subject, "name">> {
  const use = await used(child, run);
  const spent = await profiled(child, profiledRun);
  if (spent === undefined) return { ...use, spent };
  const unseen = use.micros - spent.reduce((sum, { micros }) => sum + micros, 0);
  if (unseen > 0) spent.push({ name: "(unseen by V8)", place: NATIVE, micros: unseen });
  return { ...use, spent };
}

/** Vertex is profiled; the yardstick is only counted. */
async function look(
  id: string,
  child: Child,
  run: () => Promise<number>,
  profiledRun = run,
): Promise<Omit<Subject, "name">> {
  if (id === "vertex") return counted(child, run, profiledRun);
  return { ...(await used(child, run)), spent: undefined };
}

async function profileConnections({ busy, busyMs: ms }: ProfileSettings): Promise<Profiled> {
  const subjects: Subject[] = [];
  for (const [id, name] of yardsticks) {
    const pair = await NodePair.start(id, placement(), { connections: busy, nodeFlags });
    try {
      const run = async () => (await pair.spread({ ms, timed: true })).calls;
      await run();
      subjects.push({ name, ...(await look(id, pair.server, run)) });
    } finally {
      await pair.stop();
    }
  }
  return { title: `${busy} connections, depth 1 each: the server`, unit: "µs a call", subjects };
}

async function profileIdle({ idle, heldMs, heldProfiledMs }: ProfileSettings): Promise<Profiled> {
  const count = affordable(idle);
  const hold = async (ms: number) => {
    await sleep(ms);
    return (count * ms) / 1_000;
  };
  const subjects: Subject[] = [];
  for (const [id, name] of yardsticks) {
    const plain = () => hold(heldMs);
    const watch = async ({ server }: NodePair): Promise<Subject> => ({
      name,
      ...(await look(id, server, plain, () => hold(heldProfiledMs))),
    });
    subjects.push(await withIdle(id, count, Math.min(SETTLE_MS, heldMs), watch, nodeFlags));
  }
  const title = `${count} idle connections with heartbeats: the server`;
  return { title, unit: "µs a connection and second", subjects };
}

/** One way of a codec, message by message, each with the weight of what one of it takes. */
async function profileCodec(
  child: Child,
  kind: "encode" | "decode",
  id: string,
  { codecRounds: rounds, codecMs: ms }: ProfileSettings,
): Promise<Omit<Subject, "name">> {
  const spent: Spent[] = [];
  let [micros, systemMicros] = [0, 0];
  for (const message of everyday) {
    const plan = { rounds, ms, only: [id], messages: [message], kind };
    let took = 0;
    const run = async () => {
      const { times } = await measureIn(child, plan);
      const nanos = runsOf(times, `${kind} ${message} ${id}`);
      took = nanos.reduce((sum, each) => sum + each, 0) / nanos.length / 1_000;
      return 1;
    };
    const use = await used(child, run);
    micros += took;
    systemMicros += (took * use.systemMicros) / use.micros;
    const weight = took;
    const functions = (await profiled(child, run)) ?? [];
    const all = functions.reduce((sum, each) => sum + each.micros, 0);
    spent.push(...functions.map((each) => ({ ...each, micros: (each.micros / all) * weight })));
  }
  return { micros, systemMicros, spent };
}

async function profileKind(kind: "encode" | "decode", settings: ProfileSettings): Promise<Profiled> {
  const subjects: Subject[] = [];
  for (const [id, name] of [
    ["vertex", "bytes of its own"],
    ["in-place", "in place"],
  ] as const) {
    // A process each: what the compiler learns from one way is not the other's.
    const subject = await withCodecs(nodeFlags, (child) => profileCodec(child, kind, id, settings));
    subjects.push({ name, ...subject });
  }
  const title = `${kind} of ${everyday.join(", ")}, one of each`;
  return { title, unit: "µs for all five", subjects };
}

async function profileStreams({ streamMs }: ProfileSettings): Promise<Profiled> {
  const way = ways.find(({ id }) => id === "large-up") as (typeof ways)[number];
  const subjects: Subject[] = [];
  for (const [id, name] of yardsticks) {
    const pair = await NodePair.start(id, placement(), { nodeFlags });
    try {
      const messages = await calibrate(pair, way, streamMs);
      const run = async () => (await passOnce(pair, way, messages)).messages;
      subjects.push({ name, ...(await look(id, pair.load, run)) });
    } finally {
      await pair.stop();
    }
  }
  return { title: `stream of ${way.name}: the client, which sends`, unit: "µs a message", subjects };
}

const scenarios: { readonly [name: string]: (settings: ProfileSettings) => Promise<Profiled> } = {
  connections: profileConnections,
  idle: profileIdle,
  encode: (settings) => profileKind("encode", settings),
  decode: (settings) => profileKind("decode", settings),
  streams: profileStreams,
};

export const profileScenarios: readonly string[] = Object.keys(scenarios);

/** @param wanted scenarios; none: all. */
export async function measureProfile(
  settings: ProfileSettings,
  wanted: readonly string[] = [],
): Promise<Section> {
  const runs: Profiled[] = [];
  for (const [name, profile] of Object.entries(scenarios)) {
    if (wanted.length > 0 && !wanted.includes(name)) continue;
    progress(`profile, ${name}`);
    runs.push(await profile(settings));
  }
  return {
    id: "profile",
    title: "Where the time goes",
    about:
      "V8's sampling profiler in the process that the line names, over what the row's measurement does. Each function has its own time, without what it calls; waiting is left out. What a call takes was measured without the profiler, and a place's microseconds are its share of that: CPU time of all threads, where the shares are the main thread's.",
    tables: runs.flatMap(profileTables),
    charts: [],
    rows: [],
    losses: [],
    skipped: [],
    versions: versionsOfAll(available(peers.filter(({ id }) => id === "vertex")).ready),
    runs,
  };
}
