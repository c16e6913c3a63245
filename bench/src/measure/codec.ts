// `bench codec`: encoding and decoding, Vertex and other codecs, in one process.

import { Child } from "../process/child.ts";
import type { CodecPlan } from "../process/codecs.ts";
import { cannotPin, coresOf } from "../process/cores.ts";
import { versionsOf } from "../report/machine.ts";
import { atLeast, type Row, row } from "../report/row.ts";
import type { Chart, Section } from "../report/section.ts";
import { geometricMean, spreadOf } from "../report/statistics.ts";
import { show, type Table } from "../report/table.ts";
import { type Results, ratiosOf, runsOf } from "../runner.ts";

/** How much is measured. */
export interface CodecSettings {
  readonly rounds: number;
  /** Length of one timing. */
  readonly ms: number;
}

interface CodecName {
  readonly id: string;
  readonly name: string;
  readonly packages: readonly string[];
}

type Kind = "encode" | "decode";

/** Vertex's own ways, and what tables call them. */
const ours: Readonly<Record<Kind, readonly (readonly [id: string, name: string])[]>> = {
  encode: [
    ["vertex", "Vertex"],
    ["in-place", "in place"],
  ],
  decode: [
    ["vertex", "Vertex"],
    ["in-place", "in place"],
    ["lent", "lent"],
  ],
};
const isOurs = (id: string) => ours.decode.some(([own]) => own === id);
/** Messages that the targets call small and nested. */
export const everyday: readonly string[] = ["Tiny", "Nested", "Strings", "Deep", "Peer"];

/** What was measured, in nanoseconds a message. */
interface Measured {
  readonly codecs: readonly CodecName[];
  readonly sizes: readonly (readonly [message: string, bytes: number])[];
  readonly times: Results<number>;
  readonly unable: readonly string[];
}

/** A process that has the codecs, for as long as they are looked at. */
export async function withCodecs<T>(
  nodeFlags: readonly string[],
  look: (child: Child) => Promise<T>,
): Promise<T> {
  const core = cannotPin() === undefined ? coresOf("apart").server : undefined;
  const child = await Child.start("codecs", [], { core, nodeFlags });
  try {
    return await look(child);
  } finally {
    await child.stop();
  }
}

/** Has codecs measured. */
export async function measureIn(child: Child, plan: CodecPlan): Promise<Pick<Measured, "times" | "unable">> {
  const { times, unable } = await child.ask<{ times: [string, number[]][]; unable: string[] }>(
    "measure",
    plan,
  );
  return { times: new Map(times), unable };
}

/** Times codecs, all or some, in a process of their own. */
export function timeCodecs(
  settings: CodecSettings,
  only: readonly string[] = [],
  nodeFlags: readonly string[] = [],
): Promise<Measured> {
  return withCodecs(nodeFlags, async (child) => {
    const codecs = await child.ask<CodecName[]>("codecs");
    const sizes = await child.ask<[string, number][]>("sizes");
    return { codecs, sizes, ...(await measureIn(child, { ...settings, only })) };
  });
}

/** How many times as fast as `theirs` the codec `id` is at this message, round by round. */
function leads(times: Results<number>, kind: Kind, message: string, id: string, theirs: string): number[] {
  return ratiosOf(times, `${kind} ${message} ${theirs}`, `${kind} ${message} ${id}`, (nanos) => nanos);
}

const lead = (...of: Parameters<typeof leads>) => spreadOf(leads(...of)).median;

function tableOf(kind: Kind, { codecs, sizes, times }: Measured): Table {
  const cell = (message: string, id: string) => {
    const runs = times.get(`${kind} ${message} ${id}`);
    return runs === undefined ? "cannot" : show(spreadOf(runs).median);
  };
  const vs = (message: string, id: string) => `${show(lead(times, kind, message, id, "protobufjs"))}x`;
  const mean = (id: string) =>
    `${show(geometricMean(sizes.map(([message]) => lead(times, kind, message, id, "protobufjs"))))}x`;
  const able = codecs.filter(({ id }) => sizes.some(([message]) => times.has(`${kind} ${message} ${id}`)));
  const ways = ours[kind];
  return {
    title: `${kind === "encode" ? "Encoding" : "Decoding"}, ns a message; the last columns: how many times as fast as protobufjs Vertex is`,
    columns: ["message", "bytes", ...able.map(({ name }) => name), ...ways.map(([, name]) => name)],
    lines: [
      ...sizes.map(([message, bytes]) => [
        message,
        String(bytes),
        ...able.map(({ id }) => cell(message, id)),
        ...ways.map(([id]) => vs(message, id)),
      ]),
      ["geometric mean", "", ...able.map(() => ""), ...ways.map(([id]) => mean(id))],
    ],
  };
}

/** The fastest of the others at a message. */
function bestPeer({ codecs, times }: Measured, kind: Kind, message: string): CodecName {
  const nanos = ({ id }: CodecName) => spreadOf(runsOf(times, `${kind} ${message} ${id}`)).median;
  const able = codecs.filter(({ id }) => !isOurs(id) && times.has(`${kind} ${message} ${id}`));
  return able.reduce((best, each) => (nanos(each) < nanos(best) ? each : best));
}

function rowsOf(measured: Measured): Row[] {
  const { sizes, times } = measured;
  return (["encode", "decode"] as const).flatMap((kind) =>
    ours[kind].flatMap(([id, name]) => {
      const where = id === "vertex" ? "" : `, ${name}`;
      const small = everyday.map((message) => lead(times, kind, message, id, "protobufjs"));
      const target = kind === "encode" ? 2.5 : 1.3;
      const toBest = sizes.map(([message]) => {
        const best = bestPeer(measured, kind, message);
        return { message, best, ratio: lead(times, kind, message, id, best.id) };
      });
      const worst = toBest.reduce((low, each) => (each.ratio < low.ratio ? each : low));
      return [
        row(
          `codec-${kind}-${id}`,
          `${kind}${where}: least lead over protobufjs on small and nested messages`,
          "x",
          [Math.min(...small)],
          atLeast(target),
          `${everyday.join(", ")}; geometric mean ${show(geometricMean(small))}x`,
        ),
        row(
          `codec-${kind}-${id}-best`,
          `${kind}${where}: least lead over the best other codec`,
          "x",
          [worst.ratio],
          atLeast(1),
          `${worst.message}, against ${worst.best.name}`,
        ),
      ];
    }),
  );
}

function lossesOf(measured: Measured): string[] {
  return (["encode", "decode"] as const).flatMap((kind) =>
    measured.sizes.flatMap(([message]) =>
      measured.codecs.flatMap(({ id, name }) => {
        if (isOurs(id) || !measured.times.has(`${kind} ${message} ${id}`)) return [];
        const leadOf = (way: string) => lead(measured.times, kind, message, way, id);
        if (leadOf("vertex") >= 1) return [];
        const others = ours[kind].slice(1).map(([way, called]) => `${called} ${show(leadOf(way))}x`);
        return [
          `${name}, ${kind} ${message}: Vertex is ${show(leadOf("vertex"))}x as fast (${others.join(", ")})`,
        ];
      }),
    ),
  );
}

function chartOf({ codecs, sizes, times }: Measured): Chart {
  return {
    id: "codec",
    title: "Codecs: times as fast as protobufjs, geometric mean of the suite",
    unit: "x protobufjs",
    bars: (["encode", "decode"] as const).flatMap((kind) =>
      codecs.flatMap(({ id, name }) => {
        const able = sizes.filter(([message]) => times.has(`${kind} ${message} ${id}`));
        if (able.length === 0) return [];
        const each = able.map(([message]) => leads(times, kind, message, id, "protobufjs"));
        const rounds = (each[0] ?? []).map((_, round) =>
          geometricMean(each.map((ratios) => ratios[round] as number)),
        );
        const { median, least, most } = spreadOf(rounds);
        return { panel: kind, label: name, value: median, least, most };
      }),
    ),
  };
}

export async function measureCodec(settings: CodecSettings): Promise<Section> {
  const measured = await timeCodecs(settings);
  const cannot = measured.unable.map((each) => {
    const [id, message] = each.split(" ") as [string, string];
    return `${id} cannot carry ${message}: it does not write the bytes that it has read`;
  });
  return {
    id: "codec",
    title: "Codecs",
    about: `The suite's ten messages, all codecs in one process, ${settings.rounds} rounds of ${settings.ms} ms each. "In place" writes into a buffer that is there and reads out of the chunk that came, as a session does; "lent" hands out byte strings as views of what was read, as the session does for readers that say \`lent(stream)\`, and as protobufjs and pbf always do; Vertex's other ways return bytes of their own.`,
    tables: [tableOf("encode", measured), tableOf("decode", measured)],
    charts: [chartOf(measured)],
    rows: rowsOf(measured),
    losses: lossesOf(measured),
    skipped: cannot,
    runs: Object.fromEntries(measured.times),
    versions: versionsOf(measured.codecs.flatMap(({ packages }) => packages)),
  };
}
