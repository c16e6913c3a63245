// The measurements that yield a section, each with its settings.

import type { Section } from "../report/section.ts";
import { measureCalls } from "./calls.ts";
import { measureCodec } from "./codec.ts";
import { measureConnections } from "./connections.ts";
import { measureLatency } from "./latency.ts";
import { measureMemory } from "./memory.ts";
import { measureProfile, type ProfileSettings, profileScenarios } from "./profile.ts";
import { measureStreams } from "./streams.ts";

/** A subcommand. */
interface Measurement {
  readonly name: string;
  readonly about: string;
  /** Its parts, where they can be measured by themselves. */
  readonly parts?: readonly string[];
  /** @param wanted parts; none: all. */
  readonly measure: (quick: boolean, wanted?: readonly string[]) => Promise<Section>;
}

/** About the times that the rows have, or fewer heartbeats: one comes every 14 s or so. */
const fullProfile: ProfileSettings = {
  busy: 1_000,
  busyMs: 2_000,
  idle: 10_000,
  heldMs: 15_000,
  heldProfiledMs: 15_000,
  codecRounds: 3,
  codecMs: 100,
  streamMs: 1_000,
};

const quickProfile: ProfileSettings = {
  busy: 50,
  busyMs: 100,
  idle: 100,
  heldMs: 200,
  heldProfiledMs: 200,
  codecRounds: 1,
  codecMs: 2,
  streamMs: 50,
};

export const measurements: readonly Measurement[] = [
  {
    name: "codec",
    about: "encoding and decoding, next to other codecs",
    measure: (quick) => measureCodec(quick ? { rounds: 1, ms: 1 } : { rounds: 9, ms: 10 }),
  },
  {
    name: "calls",
    about: "unary calls over one connection, next to the peers",
    measure: (quick) => measureCalls(quick ? { rounds: 2, ms: 50 } : { rounds: 5, ms: 700 }),
  },
  {
    name: "latency",
    about: "round trips in an open loop, at shares of the maximum",
    measure: (quick) =>
      measureLatency(quick ? { rounds: 1, ms: 100, stepMs: 60 } : { rounds: 5, ms: 1_000, stepMs: 1_000 }),
  },
  {
    name: "streams",
    about: "messages one way, and small calls beside a large upload",
    measure: (quick) =>
      measureStreams(
        quick
          ? { rounds: 1, ms: 50, uploadBytes: 5_000_000 }
          : { rounds: 5, ms: 1_000, uploadBytes: 100_000_000 },
      ),
  },
  {
    name: "connections",
    about: "many connections, busy and idle",
    measure: (quick) =>
      measureConnections(
        quick
          ? { rounds: 1, ms: 100, busy: 50, idle: 100, holdMs: 200 }
          : { rounds: 5, ms: 2_000, busy: 1_000, idle: 10_000, holdMs: 56_000 },
      ),
  },
  {
    name: "memory",
    about: "an idle server, its connections, and what a call leaves to the collector",
    measure: (quick) =>
      measureMemory(
        quick
          ? { rounds: 1, steps: [10, 20, 30, 40], settleMs: 50, calls: 2_000 }
          : { rounds: 5, steps: [500, 1_000, 1_500, 2_000], settleMs: 1_000, calls: 50_000 },
      ),
  },
  {
    name: "profile",
    about: "where the CPU time goes in what misses its target",
    parts: profileScenarios,
    measure: (quick, wanted) => measureProfile(quick ? quickProfile : fullProfile, wanted),
  },
];
