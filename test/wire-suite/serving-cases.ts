// The cells of the serving table of PROTOCOL.md §3: every frame of a caller in every state of its call. The same for a
// server (the suite opens odd ids) and for a client that serves (it opens even ones).
import type { CaseHead, Ending, Verdict } from "./case.ts";
import { call, credit, data, END, field, frame, hi, type KindName, line, MORE, slow, u32 } from "./frames.ts";
import type { Step } from "./peer.ts";

/** A case that can be run against either side. */
export interface SharedCase extends CaseHead {
  readonly state: readonly Step[];
  readonly sent: readonly Step[];
  readonly answer: readonly string[];
  readonly ending: Ending;
  readonly quietMs?: number;
}

interface State {
  readonly name: string;
  readonly column: string;
  readonly steps: readonly Step[];
}

interface Row {
  readonly kind: KindName;
  readonly bytes: Uint8Array;
  /** By column, and by state where states of one column differ in what comes back. */
  readonly verdicts: { readonly [column: string]: Verdict };
}

const receiving = "receiving (no END yet)";
const complete = "request complete";

function statesOf(id: number): State[] {
  return [
    { name: "never opened", column: "never opened", steps: [] },
    { name: "receiving, unary", column: receiving, steps: [call(id, "Hello")] },
    { name: "receiving, client stream", column: receiving, steps: [call(id, "Sum")] },
    { name: "receiving, duplex", column: receiving, steps: [call(id, "Chat")] },
    {
      name: "receiving, inside a message",
      column: receiving,
      steps: [call(id, "Chat"), data(id, u32(3), MORE)],
    },
    { name: "request complete, unary", column: complete, steps: [call(id, "Slow", { message: slow(300) })] },
    {
      name: "request complete, server stream",
      column: complete,
      // Two ticks, the second 300 ms behind the first.
      steps: [call(id, "Countdown", { message: Uint8Array.of(8, 2, 16, 0xac, 0x02) }), `DATA ${id}`],
    },
    { name: "over by its answer", column: "over", steps: [hi(id), `DATA|END ${id} Hello Ada`] },
    {
      name: "over by CANCEL",
      column: "over",
      steps: [call(id, "Slow", { message: slow(300) }), frame("CANCEL", id)],
    },
    {
      name: "over by FAIL",
      column: "over",
      steps: [call(id, "Nothing", { message: line("Ada") }), `FAIL ${id} UNIMPLEMENTED NOT_EXECUTED`],
    },
  ];
}

function rowsOf(id: number): Row[] {
  const over: Verdict = "ignored";
  const never: Verdict = "ends";
  return [
    {
      kind: "CALL",
      bytes: hi(id),
      verdicts: { "never opened": "goes on", [receiving]: "ends", [complete]: "ends", over: "ends" },
    },
    {
      kind: "DATA",
      bytes: data(id, line("x")),
      verdicts: { "never opened": never, [receiving]: "goes on", [complete]: "ends", over },
    },
    {
      kind: "FINISH",
      bytes: frame("FINISH", id),
      verdicts: { "never opened": never, [receiving]: "goes on", [complete]: "ignored", over },
    },
    {
      kind: "CANCEL",
      bytes: frame("CANCEL", id),
      verdicts: { "never opened": never, [receiving]: "goes on", [complete]: "goes on", over },
    },
    {
      kind: "CREDIT",
      bytes: credit(id, 1_000),
      verdicts: { "never opened": never, [receiving]: "goes on", [complete]: "goes on", over },
    },
    {
      kind: "FAIL",
      bytes: frame("FAIL", id, field(1, 1)),
      verdicts: { "never opened": "ends", [receiving]: "ends", [complete]: "ends", over: "ends" },
    },
  ];
}

interface Course {
  readonly sent?: readonly Step[];
  readonly answer: readonly string[];
  readonly ending?: Ending;
}

/** What comes of the cells that go on: more frames to complete the call, and what is answered. */
function courses(id: number): { readonly [cell: string]: Course } {
  const finish = frame("FINISH", id);
  const unaryAnswer = { answer: [`DATA|END ${id} Finally, Ada`] };
  const streamAnswer = { answer: [`DATA ${id}`, `FINISH ${id}`] };
  const echo = { sent: [data(id, line("y"), END)], answer: [`DATA ${id} echo y`, `FINISH ${id}`] };
  return {
    "CALL, never opened": { answer: [`DATA|END ${id} Hello Ada`] },
    "DATA, receiving, unary": { sent: [finish], answer: [`DATA|END ${id} Hello x`] },
    "DATA, receiving, client stream": { sent: [finish], answer: [`DATA|END ${id}`] },
    "DATA, receiving, duplex": { sent: [finish], answer: [`DATA ${id} echo x`, `FINISH ${id}`] },
    "DATA, receiving, inside a message": { sent: [finish], answer: [`DATA ${id} echo x`, `FINISH ${id}`] },
    "FINISH, receiving, unary": { answer: [`FAIL ${id} INVALID_ARGUMENT NOT_EXECUTED`] },
    "FINISH, receiving, client stream": { answer: [`DATA|END ${id}`] },
    "FINISH, receiving, duplex": { answer: [`FINISH ${id}`] },
    "FINISH, receiving, inside a message": { answer: [], ending: "PROTOCOL_ERROR" },
    "FINISH, request complete, unary": unaryAnswer,
    "FINISH, request complete, server stream": streamAnswer,
    "CREDIT, receiving, unary": { sent: [data(id, line("Ada"), END)], answer: [`DATA|END ${id} Hello Ada`] },
    "CREDIT, receiving, client stream": { sent: [finish], answer: [`DATA|END ${id}`] },
    "CREDIT, receiving, duplex": echo,
    "CREDIT, receiving, inside a message": {
      sent: [data(id, line("z")), data(id, line("y"), END)],
      answer: [`DATA ${id} echo z`, `DATA ${id} echo y`, `FINISH ${id}`],
    },
    "CREDIT, request complete, unary": unaryAnswer,
    "CREDIT, request complete, server stream": streamAnswer,
  };
}

/** All cells; `first` is the parity of the ids that the suite opens. */
export function servingCases(first: 1 | 2): SharedCase[] {
  const id = first + 10;
  const known = courses(id);
  const cases: SharedCase[] = [];
  for (const { kind, bytes, verdicts } of rowsOf(id)) {
    for (const { name, column, steps } of statesOf(id)) {
      const verdict = verdicts[column] as Verdict;
      const course = known[`${kind}, ${name}`];
      const cancelled = kind === "CANCEL" && verdict === "goes on";
      cases.push({
        name: `serving: ${kind}, ${name}`,
        cell: { table: "serving", frame: kind, state: column },
        verdict,
        state: steps,
        sent: [
          bytes,
          ...(course?.sent ?? []),
          ...(cancelled && column === receiving ? [data(id, line("late"))] : []),
        ],
        answer: course?.answer ?? [],
        ending: course?.ending ?? (verdict === "ends" ? "PROTOCOL_ERROR" : "usable"),
        ...(cancelled ? { quietMs: 400 } : {}),
      });
    }
  }
  return cases;
}
