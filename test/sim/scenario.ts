// What a simulated world is made of, and what befalls it.
import type { SessionOptions } from "@vertex/protocol";
import type { Dice, SimPath, WriteMode } from "@vertex/protocol/testing";
import { everything, type PlanProfile, patient } from "./plan.ts";

/** Everything that can befall the world, with how often it does in relation to the others. */
export interface FaultWeights {
  readonly weather: number;
  readonly clog: number;
  readonly reset: number;
  readonly blackHole: number;
  readonly pause: number;
  readonly jump: number;
  readonly killServer: number;
  readonly killClient: number;
  readonly restart: number;
  readonly dialTrouble: number;
}

export interface Scenario {
  readonly name: string;
  readonly servers: number;
  readonly clients: number;
  readonly profile: PlanProfile;
  /** Calls of one client in a second, on average. */
  readonly callsPerSecond: number;
  /** Share of the calls that a server makes to a client. */
  readonly reverseShare: number;
  readonly session: (dice: Dice) => SessionOptions;
  readonly connections: (dice: Dice) => number;
  readonly path: (dice: Dice) => Partial<SimPath>;
  readonly writeMode: (dice: Dice) => WriteMode;
  readonly faults: Partial<FaultWeights>;
  /** Time between two faults, on average, in milliseconds. */
  readonly faultEveryMs: number;
  /** Longest pause of a node, in milliseconds. */
  readonly longestPauseMs: number;
  /** Nothing fails but as planned. */
  readonly noFailures: boolean;
  /** A connection is dismissed for silence only where the other side was silent. */
  readonly noFalseDismissals: boolean;
  /** Virtual minutes, if nobody says otherwise. */
  readonly minutes: number;
}

const writeModes: readonly WriteMode[] = ["copies", "poisons", "keeps"];

const mixed: Scenario = {
  name: "mixed",
  servers: 2,
  clients: 3,
  profile: everything,
  callsPerSecond: 4,
  reverseShare: 0.1,
  session: usualSession,
  connections: (dice) => dice.pick([1, 1, 2, 3]),
  path: usualPath,
  writeMode: (dice) => dice.pick(writeModes),
  faults: {
    weather: 3,
    clog: 2,
    reset: 2,
    blackHole: 2,
    pause: 2,
    jump: 1,
    killServer: 1,
    killClient: 1,
    restart: 1,
    dialTrouble: 1,
  },
  faultEveryMs: 4_000,
  longestPauseMs: 30_000,
  noFailures: false,
  noFalseDismissals: false,
  minutes: 10,
};

export const scenarios: readonly Scenario[] = [
  mixed,
  {
    ...mixed,
    name: "restarts",
    profile: patient,
    session: roomyWindows,
    callsPerSecond: 8,
    reverseShare: 0,
    path: calm,
    faults: { restart: 1 },
    faultEveryMs: 15_000,
    noFailures: true,
    minutes: 5,
  },
  {
    ...mixed,
    name: "crashes",
    faults: { restart: 1, killServer: 3, killClient: 1 },
    faultEveryMs: 6_000,
    minutes: 5,
  },
  {
    ...mixed,
    name: "clogged",
    clients: 2,
    profile: { ...everything, largeBytes: 60_000, mostMessages: 15, timeoutMs: [1_000, 60_000] },
    callsPerSecond: 2,
    session: tinyWindows,
    path: (dice) => ({
      delayMs: dice.spread(0.1, 200),
      jitterMs: dice.between(0, 50),
      bytesPerSecond: dice.spread(20_000, 5_000_000),
      chop: dice.random(),
      windowBytes: Math.floor(dice.spread(1_000, 300_000)),
    }),
    faults: { weather: 2, clog: 3 },
    faultEveryMs: 5_000,
    minutes: 5,
  },
  {
    ...mixed,
    name: "sleepers",
    callsPerSecond: 2,
    path: (dice) => ({
      ...calm(dice),
      bytesPerSecond: dice.spread(50_000, 5_000_000),
      windowBytes: Math.floor(dice.spread(8_000, 100_000)),
    }),
    session: () => ({}),
    faults: { pause: 3, jump: 1 },
    faultEveryMs: 8_000,
    longestPauseMs: 60_000,
    noFalseDismissals: true,
    minutes: 20,
  },
  {
    ...mixed,
    name: "day",
    servers: 2,
    clients: 4,
    profile: {
      ...everything,
      shapes: [
        ...Array.from({ length: 10 }, () => ["ask", "askAgain"] as const).flat(),
        ...everything.shapes,
      ],
      usualBytes: 300,
      largeBytes: 200_000,
      oneLargeIn: 400,
      mostMessages: 10,
      handlerMs: [0.1, 300],
    },
    callsPerSecond: 3,
    reverseShare: 0.05,
    session: () => ({}),
    faultEveryMs: 60_000,
    minutes: 1_440,
  },
];

/** @throws Error that names those that exist. */
export function scenarioNamed(name: string): Scenario {
  const found = scenarios.find((scenario) => scenario.name === name);
  if (found !== undefined) return found;
  throw new Error(`no scenario is named ${name}; there are ${scenarios.map((one) => one.name).join(", ")}`);
}

function usualSession(dice: Dice): SessionOptions {
  return {
    maxFrameBytes: dice.pick([1_024, 4_096, 65_536]),
    initialCreditBytes: Math.floor(dice.spread(256, 65_536)),
    callCreditBytes: Math.floor(dice.spread(1_024, 262_144)),
    connectionCreditBytes: Math.floor(dice.spread(1_024, 1_000_000)),
    maxConcurrentCalls: dice.pick([4, 64, 1_024]),
    heartbeatIntervalMs: dice.pick([1_000, 5_000, 15_000]),
    heartbeatTimeoutMs: dice.pick([1_000, 3_000, 10_000]),
    writeStallTimeoutMs: dice.pick([3_000, 10_000]),
    maxOutboundBytes: dice.pick([65_536, 1_048_576]),
  };
}

/** Windows that let every message of a patient call through within the time that a shutdown gives it. */
function roomyWindows(dice: Dice): SessionOptions {
  return {
    ...usualSession(dice),
    initialCreditBytes: Math.floor(dice.spread(1_000, 65_536)),
    callCreditBytes: Math.floor(dice.spread(65_536, 262_144)),
    connectionCreditBytes: 4_194_304,
  };
}

function tinyWindows(dice: Dice): SessionOptions {
  const tiny = () => dice.pick([1, 1, 2, 255, 256, 257, Math.floor(dice.spread(1, 65_536))]);
  return {
    maxFrameBytes: dice.pick([1_024, 1_025, 65_536]),
    initialCreditBytes: tiny(),
    callCreditBytes: tiny(),
    connectionCreditBytes: tiny(),
    writeStallTimeoutMs: 30_000,
    heartbeatTimeoutMs: 30_000,
  };
}

function usualPath(dice: Dice): Partial<SimPath> {
  return {
    delayMs: dice.spread(0.05, 60),
    jitterMs: dice.between(0, 20),
    bytesPerSecond: dice.chance(0.6) ? Number.POSITIVE_INFINITY : dice.spread(100_000, 50_000_000),
    chop: dice.chance(0.5) ? 0 : dice.random(),
    windowBytes: Math.floor(dice.spread(4_096, 1_000_000)),
  };
}

function calm(dice: Dice): Partial<SimPath> {
  return { delayMs: dice.spread(0.05, 20), jitterMs: dice.between(0, 5), chop: dice.pick([0, 0.3]) };
}
