// Header fields: every flag on every kind, lengths and ids at their limits and one beyond.
import type { ServerCase, ServerFacts } from "./case.ts";
import {
  call,
  callPayload,
  data,
  END,
  field,
  frame,
  goaway,
  header,
  hello,
  hi,
  join,
  type KindName,
  kinds,
  line,
  lineOf,
  MORE,
  preface,
  u32,
  zeros,
} from "./frames.ts";
import type { Step } from "./peer.ts";

const broken = { answer: [], ending: "PROTOCOL_ERROR" } as const;
const connectionFrames: readonly KindName[] = ["HELLO", "WELCOME", "PING", "PONG", "GOAWAY"];

function names(): KindName[] {
  return Object.keys(kinds) as KindName[];
}

/** A frame of that kind that is well formed but for what the case is about. */
function sample(kind: KindName, flags: number, id: number): Uint8Array {
  const payloads: { readonly [K in KindName]?: Uint8Array } = {
    HELLO: preface,
    WELCOME: preface,
    CALL: callPayload("Hello", { message: line("Ada") }),
    DATA: line("Ada"),
    CREDIT: u32(1_000),
    PING: zeros(8),
    PONG: zeros(8),
    GOAWAY: field(2, 1),
  };
  return frame(kind, id, payloads[kind], flags);
}

function flagCases(): ServerCase[] {
  const cases: ServerCase[] = [];
  for (const kind of names()) {
    const known = kind === "CALL" || kind === "DATA" ? [0, END, MORE] : [0];
    for (let flags = 0; flags <= 0xf0; flags += 0x10) {
      if (known.includes(flags)) continue;
      const id = connectionFrames.includes(kind) ? 0 : kind === "CALL" ? 3 : 1;
      cases.push({
        name: `header: ${kind} with flags 0x${flags.toString(16)}`,
        state: [call(1, "Chat")],
        sent: [sample(kind, flags, id)],
        ...broken,
      });
    }
  }
  return cases;
}

function kindCases(): ServerCase[] {
  return [0, 12, 13, 14, 15].flatMap((kind) => [
    { name: `header: kind ${kind}`, state: [], sent: [frame(kind, 0)], ...broken },
    { name: `header: kind ${kind} for a call`, state: [call(1, "Chat")], sent: [frame(kind, 1)], ...broken },
    {
      name: `header: kind ${kind} as the first frame`,
      bare: true,
      state: [],
      sent: [frame(kind, 0)],
      ...broken,
    },
  ]);
}

function idCases(): ServerCase[] {
  const onNone = names()
    .filter((kind) => !connectionFrames.includes(kind))
    .map((kind) => ({
      name: `header: ${kind} with call id 0`,
      state: [],
      sent: [sample(kind, 0, 0)],
      ...broken,
    }));
  const onSome = connectionFrames.flatMap((kind) =>
    [1, 0xffffffff].map((id) => ({
      name: `header: ${kind} with call id ${id}`,
      bare: kind === "HELLO",
      state: kind === "HELLO" ? [] : [call(1, "Chat")],
      sent: [sample(kind, 0, id)],
      ...broken,
    })),
  );
  const opens = (id: number, freshId: number): ServerCase => ({
    name: `call id: ${id}`,
    state: [],
    sent: [hi(id)],
    answer: [`DATA|END ${id} Hello Ada`],
    ending: "usable",
    freshId,
  });
  const refused = (name: string, state: readonly Step[], sent: readonly Step[]): ServerCase => ({
    name: `call id: ${name}`,
    state,
    sent,
    ...broken,
  });
  const answered = [hi(9), "DATA|END 9 Hello Ada"];
  return [
    ...onNone,
    ...onSome,
    opens(1, 3),
    opens(777, 779),
    opens(0x7fffffff, 0x80000001),
    opens(0xbfffffff, 0xc0000001),
    opens(0xc0000001, 0xc0000003),
    opens(0xfffffffd, 0xffffffff),
    refused("of the other side's parity", [], [hi(2)]),
    refused("of the other side's parity, later", answered, [hi(10)]),
    refused("again, while the call is open", [call(9, "Chat")], [hi(9)]),
    refused("again, when the call is over", answered, [hi(9)]),
    refused("that goes back", answered, [hi(7)]),
    refused("that goes back to the first", answered, [hi(1)]),
    refused("the highest, then another", [hi(0xffffffff), "DATA|END 4294967295"], [hi(1)]),
  ];
}

/** Lengths that a kind cannot have: the header alone must be enough to be refused. */
function badLengths(): ServerCase[] {
  const rows: readonly (readonly [KindName, number])[] = [
    ["CALL", 0],
    ["CALL", 9],
    ["FINISH", 16_385],
    ["FAIL", 65_537],
    ["CANCEL", 1],
    ["CANCEL", 0xffffff],
    ["CREDIT", 0],
    ["CREDIT", 3],
    ["CREDIT", 5],
    ["PING", 0],
    ["PING", 7],
    ["PING", 9],
    ["PONG", 7],
    ["PONG", 9],
    ["GOAWAY", 16_385],
    ["HELLO", 16_385],
    ["WELCOME", 16_385],
    ["HELLO", 4],
    ["WELCOME", 4],
  ];
  return rows.map(([kind, length]) => ({
    name: `length: ${kind} of ${length} bytes, its header alone`,
    state: [call(1, "Chat")],
    sent: [header(length, kinds[kind], connectionFrames.includes(kind) ? 0 : kind === "CALL" ? 3 : 1)],
    ...broken,
  }));
}

function frameLimits({ frame: most, credit, message }: ServerFacts): ServerCase[] {
  const biggest = Math.min(most, credit, message);
  const over = (kind: KindName, id: number, length: number, flags: number): ServerCase => ({
    name: `length: ${kind} of ${length} bytes, over max_frame_bytes, its header alone`,
    state: [call(1, "Chat")],
    sent: [header(length, kinds[kind] | flags, id)],
    ...broken,
  });
  const callBytes = Math.min(most - 10, credit, message);
  return [
    over("CALL", 3, most + 1, END),
    over("DATA", 1, most + 1, 0),
    over("CALL", 3, 0xffffff, END),
    over("DATA", 1, 0xffffff, MORE),
    {
      name: "length: CALL as large as frame and credit allow",
      state: [],
      sent: [call(1, "Notify", { message: lineOf(callBytes) })],
      answer: ["FINISH 1"],
      ending: "usable",
    },
    {
      name: "length: DATA as large as frame and credit allow",
      state: [call(1, "Notify")],
      sent: [data(1, lineOf(biggest), END)],
      answer: ["FINISH 1"],
      ending: "usable",
    },
    {
      name: "length: CALL of 10 bytes",
      state: [],
      sent: [call(1, "Sum"), frame("FINISH", 1)],
      answer: ["DATA|END 1"],
      ending: "usable",
    },
    {
      name: "length: FINISH of 16384 bytes, whose contents are ignored",
      state: [],
      sent: [call(1, "Chat"), frame("FINISH", 1, zeros(16_384))],
      answer: ["FINISH 1"],
      ending: "usable",
    },
    {
      name: "length: GOAWAY of 16384 bytes",
      state: [],
      sent: [goaway(0, 1, field(9, zeros(16_384 - 8)))],
      answer: [],
      ending: "closed",
    },
  ];
}

/** Lengths in the handshake. */
function firstLengths(): ServerCase[] {
  const padded = (bytes: number) => {
    const usual = hello().subarray(8);
    return frame("HELLO", 0, join(usual, field(99, zeros(bytes - usual.length - 5))));
  };
  const early = (kind: KindName, length: number): ServerCase => ({
    name: `length: ${kind} of ${length} bytes before HELLO, its header alone`,
    bare: true,
    state: [],
    sent: [header(length, kinds[kind], connectionFrames.includes(kind) ? 0 : 1)],
    ...broken,
  });
  return [
    early("HELLO", 0),
    early("HELLO", 4),
    early("HELLO", 16_385),
    early("HELLO", 0xffffff),
    early("WELCOME", 16_385),
    early("CALL", 16_385),
    early("DATA", 16_385),
    early("FAIL", 16_385),
    early("FINISH", 16_385),
    early("GOAWAY", 16_385),
    {
      name: "length: HELLO of 16384 bytes",
      state: [],
      hello: padded(16_384),
      sent: [],
      answer: [],
      ending: "usable",
    },
  ];
}

/** All cases about headers. */
export function frameCases(facts: ServerFacts): ServerCase[] {
  return [
    ...flagCases(),
    ...kindCases(),
    ...idCases(),
    ...badLengths(),
    ...frameLimits(facts),
    ...firstLengths(),
  ];
}
