// `bench gate`: whether a change made Vertex slower, from ratios and counts alone, because CI's machines are shared and
// differ. What is recorded stands in bench/baseline.json.

import { Child } from "../process/child.ts";
import { geometricMean, spreadOf } from "../report/statistics.ts";
import { columnsOf, show } from "../report/table.ts";
import { progress, runsOf } from "../runner.ts";
import { timeCodecs } from "./codec.ts";
import { cannotCount, countInstructions } from "./instructions.ts";

/** Repetitions; the median counts. */
const TIMES = 5;

const DEPTH = 64;

/** A machine that is too busy to count instructions in this time does without: bytes of heap are counted anyway. */
const INSTRUCTIONS_MS = 60_000;

/** What is recorded, by the id of a check. */
export interface Baseline {
  /** Instructions depend on what the compiler makes of the code: they are compared under the same Node only. */
  readonly node: string;
  readonly values: { readonly [check: string]: number };
}

/** One thing that must not get worse. */
export interface Check {
  readonly id: string;
  readonly name: string;
  readonly unit: string;
  /** Which way is better. */
  readonly better: "more" | "less";
  /** How much worse it may be: a share of what is recorded. */
  readonly tolerance: number;
  /** Bytes that are always allowed, for counts that are about nothing. */
  readonly slack?: number;
}

/** What a check came to. */
export interface Verdict {
  readonly check: Check;
  readonly measured: number;
  readonly recorded: number;
  readonly good: boolean;
}

/**
 * Measured again and again on a machine with five times more work than cores, codecs' ratios vary by 1.5 % either way,
 * bytes of heap by 2 %: 10 % is a change. The ratio of calls, in which the kernel has a part, varies
 * by 6 %: only 15 % is one.
 */
export const checks: readonly Check[] = [
  ...(["encode", "decode"] as const).flatMap((kind): Check[] =>
    [
      ["vertex", ""],
      ["in-place", ", in place"],
    ].map(([id, where]) => ({
      id: `${kind}-${id}`,
      name: `${kind}${where}: times as fast as protobufjs, geometric mean of the suite`,
      unit: "x",
      better: "more",
      tolerance: 0.1,
    })),
  ),
  {
    id: "calls",
    name: "calls: CPU of bare net / CPU of Vertex, both ends, depth 64",
    unit: "x",
    better: "more",
    tolerance: 0.15,
  },
  { id: "heap", name: "heap that a call leaves, both ends", unit: "bytes", better: "less", tolerance: 0.1 },
  {
    id: "buffers",
    name: "buffers that a call leaves, both ends",
    unit: "bytes",
    better: "less",
    tolerance: 0.1,
    // One buffer of 64 KiB in all the calls that are counted is not one for each.
    slack: 8,
  },
  { id: "instructions", name: "instructions of a call, both ends", unit: "", better: "less", tolerance: 0.1 },
];

/** Whether a value is as good as the recorded one, or not too much worse. */
export function holds({ better, tolerance, slack = 0 }: Check, measured: number, recorded: number): boolean {
  return better === "more"
    ? measured >= recorded * (1 - tolerance) - slack
    : measured <= recorded * (1 + tolerance) + slack;
}

type Values = { readonly [check: string]: number };

/** All compiling and collecting on the one thread: when code is compiled does not depend on who else is at work. */
const steady = ["--single-threaded"];

const least = (values: readonly number[]) => Math.min(...values);

/** One process: the least that a message took with each codec. */
async function codecRatiosOnce(): Promise<Values> {
  const wanted = ["vertex", "in-place", "protobufjs"];
  const { sizes, times } = await timeCodecs({ rounds: 5, ms: 4 }, wanted, steady);
  const ratio = (kind: "encode" | "decode", id: string) =>
    geometricMean(
      sizes.map(([message]) => {
        const nanos = (codec: string) => least(runsOf(times, `${kind} ${message} ${codec}`));
        return nanos("protobufjs") / nanos(id);
      }),
    );
  return {
    "encode-vertex": ratio("encode", "vertex"),
    "encode-in-place": ratio("encode", "in-place"),
    "decode-vertex": ratio("decode", "vertex"),
    "decode-in-place": ratio("decode", "in-place"),
  };
}

/** The median of several processes, check by check: the compiler does not decide alike in all. */
async function medians(measure: () => Promise<Values>): Promise<Values> {
  const all: Values[] = [];
  for (let time = 0; time < TIMES; time++) all.push(await measure());
  const ids = Object.keys(all[0] ?? {});
  return Object.fromEntries(ids.map((id) => [id, spreadOf(all.map((each) => each[id] as number)).median]));
}

/** One process: the least that a call took of each, in short turns, so that a busy neighbour spoils few of them. */
async function callRatioOnce(): Promise<Values> {
  const child = await Child.start("one-loop", [], { nodeFlags: steady });
  try {
    const micros = { vertex: [] as number[], net: [] as number[] };
    for (let turn = 0; turn < 25; turn++) {
      for (const peer of ["vertex", "net"] as const) {
        const each = await child.ask<number>("cpu", { peer, calls: 4_000, depth: DEPTH });
        // The first turns are the compiler's.
        if (turn >= 8) micros[peer].push(each);
      }
    }
    return { calls: least(micros.net) / least(micros.vertex) };
  } finally {
    await child.stop();
  }
}

/** A young generation so large that no collection comes in between. */
const nodeFlags = ["--min-semi-space-size=256", "--max-semi-space-size=256"];

async function callBytes(): Promise<Values> {
  const child = await Child.start("one-loop", [], { nodeFlags });
  const heap: number[] = [];
  const buffers: number[] = [];
  try {
    const plan = { peer: "vertex", calls: 10_000, depth: DEPTH };
    for (let warm = 0; warm < 4; warm++) await child.ask("cpu", plan);
    for (let tries = 0; heap.length < TIMES && tries < 2 * TIMES; tries++) {
      const counted = await child.ask<{ heapBytes: number; bufferBytes: number; collections: number }>(
        "bytes",
        plan,
      );
      if (counted.collections > 0) continue;
      heap.push(counted.heapBytes);
      buffers.push(counted.bufferBytes);
    }
  } finally {
    await child.stop();
  }
  if (heap.length === 0) throw new Error("a collection came in between each time");
  return { heap: spreadOf(heap).median, buffers: spreadOf(buffers).median };
}

const groups: readonly {
  readonly about: string;
  readonly ids: readonly string[];
  measure(patienceMs: number): Promise<Values>;
}[] = [
  {
    about: "codecs",
    ids: ["encode-vertex", "encode-in-place", "decode-vertex", "decode-in-place"],
    measure: () => medians(codecRatiosOnce),
  },
  { about: "calls", ids: ["calls"], measure: () => medians(callRatioOnce) },
  { about: "allocations", ids: ["heap", "buffers"], measure: callBytes },
  {
    about: "instructions",
    ids: ["instructions"],
    async measure(patienceMs): Promise<Values> {
      const instructions = await countInstructions(patienceMs);
      return instructions === undefined ? {} : { instructions };
    },
  },
];

/**
 * Measures all that can be measured here.
 * @param patienceMs how long counting instructions may take before it is given up.
 */
export async function measureGate(skip: readonly string[], patienceMs: number): Promise<Values> {
  const values: { [check: string]: number } = {};
  for (const { about, ids, measure } of groups) {
    if (ids.every((id) => skip.includes(id))) continue;
    const startedAt = performance.now();
    Object.assign(values, await measure(patienceMs));
    progress(`gate, ${about}: ${((performance.now() - startedAt) / 1_000).toFixed(1)} s`);
  }
  return values;
}

/** The verdicts as text. */
export function gateText(verdicts: readonly Verdict[], skipped: readonly string[]): string {
  const lines = verdicts.map(({ check, measured, recorded, good }) => [
    check.name,
    `${show(measured)} ${check.unit}`.trimEnd(),
    show(recorded),
    `${check.better === "more" ? "-" : "+"}${check.tolerance * 100} %`,
    good ? "holds" : "WORSE",
  ]);
  const text = columnsOf([["check", "measured", "recorded", "may be", ""], ...lines]).join("\n");
  return `${text}\n${skipped.map((each) => `${each}\n`).join("")}`;
}

/** Why instructions are not compared here; undefined when they are. */
function cannotCompareInstructions({ node, values }: Baseline): string | undefined {
  if (values.instructions === undefined) return "instructions skipped: none are recorded";
  if (node !== process.version) return `instructions skipped: they were recorded under Node ${node}`;
  return cannotCount();
}

/** Holds what was measured against what is recorded, where there is both. */
function judge(values: Values, baseline: Baseline): Verdict[] {
  return checks.flatMap((check) => {
    const [measured, recorded] = [values[check.id], baseline.values[check.id]];
    if (measured === undefined || recorded === undefined) return [];
    return [{ check, measured, recorded, good: holds(check, measured, recorded) }];
  });
}

/** Compares with what is recorded. What fails is measured once more. */
export async function runGate(baseline: Baseline): Promise<{ verdicts: Verdict[]; skipped: string[] }> {
  const cannot = cannotCompareInstructions(baseline);
  const skip = cannot === undefined ? [] : ["instructions"];
  let values = await measureGate(skip, INSTRUCTIONS_MS);
  const failed = judge(values, baseline).filter(({ good }) => !good);
  if (failed.length > 0) {
    progress(`gate, once more: ${failed.map(({ check }) => check.id).join(", ")}`);
    const passing = checks.map(({ id }) => id).filter((id) => !failed.some(({ check }) => check.id === id));
    values = { ...values, ...(await measureGate([...skip, ...passing], INSTRUCTIONS_MS)) };
  }
  const late = `instructions skipped: counting them took longer than ${INSTRUCTIONS_MS / 1_000} s`;
  const why = cannot ?? (values.instructions === undefined ? late : undefined);
  return { verdicts: judge(values, baseline), skipped: why === undefined ? [] : [why] };
}
