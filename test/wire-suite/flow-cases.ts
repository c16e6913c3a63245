// Messages in pieces, and credit.
import type { ServerCase, ServerFacts } from "./case.ts";
import {
  call,
  credit,
  data,
  END,
  field,
  frame,
  generous,
  hello,
  hi,
  join,
  line,
  lineOf,
  MORE,
  none,
  u32,
  zeros,
} from "./frames.ts";
import type { Step } from "./peer.ts";

type Rest = Partial<ServerCase> & Pick<ServerCase, "answer">;

const ends = { answer: [], ending: "PROTOCOL_ERROR" } as const;
const tooMuch = "FAIL 1 RESOURCE_EXHAUSTED NOT_EXECUTED";
const helloAda = "DATA|END 1 Hello Ada";

function one(name: string, sent: readonly Step[], rest: Rest): ServerCase {
  return { name, state: [], sent, ending: "usable", ...rest };
}

function pieceCases({ message: most, frame: biggest, credit: initial }: ServerFacts): ServerCase[] {
  const message = line("a message in pieces");
  const total = u32(message.length);
  const opened = call(1, "Chat");
  const echo = ["DATA 1 echo a message in pieces", "FINISH 1"];
  const cut = (...at: number[]) =>
    [0, ...at].map((from, n) => message.subarray(from, at[n] ?? message.length));
  const first = (bytes: Uint8Array = none, length: Uint8Array = total) => data(1, join(length, bytes), MORE);
  const stream = (
    name: string,
    frames: readonly Uint8Array[],
    rest: Rest = { answer: echo },
  ): ServerCase => ({ name: `pieces: ${name}`, state: [opened], sent: frames, ending: "usable", ...rest });
  const [a = none, b = none] = cut(5);
  const bytes = cut(...Array.from(message, (_, n) => n).slice(1));
  const other = (id: number, payload: Uint8Array, flags: number) => data(id, payload, flags);
  const upload = (length: number) => [{ id: 1, method: "Notify", message: lineOf(length) }];
  const announced = (length: number) => [call(1, "Notify", { message: u32(length), flags: MORE })];
  return [
    stream("two", [first(a), data(1, b, END)]),
    stream("two, and FINISH behind them", [first(a), data(1, b), frame("FINISH", 1)]),
    stream("the first with no message bytes", [first(), data(1, message, END)]),
    stream("of one byte each", [
      first(bytes[0]),
      ...bytes.slice(1, -1).map((piece) => data(1, piece, MORE)),
      data(1, bytes.at(-1), END),
    ]),
    stream("of two messages", [first(a), data(1, b), first(a), data(1, b, END)], {
      answer: [echo[0] as string, ...echo],
    }),
    one(
      "pieces: the first in the CALL",
      [
        call(1, "Hello", { message: join(u32(5), line("A").subarray(0, 2)), flags: MORE }),
        data(1, Buffer.from("Ada"), END),
      ],
      { answer: ["FAIL 1 INVALID_ARGUMENT NOT_EXECUTED"] },
    ),
    one(
      "pieces: the first in the CALL, unary",
      [
        call(1, "Hello", { message: join(u32(5), line("Ada").subarray(0, 2)), flags: MORE }),
        data(1, Buffer.from("Ada"), END),
      ],
      { answer: [helloAda] },
    ),
    one(
      "pieces: the first in the CALL of a stream",
      [call(1, "Chat", { message: join(total, a), flags: MORE }), data(1, b, END)],
      { answer: echo },
    ),
    one(
      "pieces: of two calls, between each other",
      [opened, call(3, "Chat"), first(a), other(3, join(total, a), MORE), other(1, b, END), other(3, b, END)],
      { answer: [...echo, ...echo.map((words) => words.replace(" 1", " 3"))] },
    ),
    one("pieces: a whole call between them", [opened, first(a), hi(3), "DATA|END 3", data(1, b, END)], {
      answer: echo,
    }),
    stream("CREDIT of the call between them", [first(a), credit(1, 9), data(1, b, END)]),
    stream("CANCEL between them", [first(a), frame("CANCEL", 1), data(1, b, END)], { answer: [] }),
    stream("a first one shorter than the length, 0 bytes", [data(1, none, MORE)], ends),
    stream("a first one shorter than the length, 3 bytes", [data(1, zeros(3), MORE)], ends),
    one(
      "pieces: a first one shorter than the length, in a CALL",
      [call(1, "Hello", { message: zeros(3), flags: MORE })],
      ends,
    ),
    stream("an empty one in the middle", [first(a), data(1, none, MORE), data(1, b, END)], ends),
    stream("an empty last one", [first(a), data(1, b, MORE), data(1, none, END)], ends),
    stream("one byte too many", [first(a), data(1, join(b, zeros(1)), END)], ends),
    stream("one byte too few", [first(a), data(1, b.subarray(1), END)], ends),
    stream("one byte too many, with MORE", [first(a), data(1, join(b, zeros(1)), MORE)], ends),
    stream("MORE on the piece that completes the message", [first(a), data(1, b, MORE)], ends),
    stream("MORE on a first piece that is the whole message", [first(message)], ends),
    stream("a length of 0", [data(1, zeros(4), MORE)], ends),
    stream("a first one longer than the length", [first(message, u32(3))], ends),
    stream("FINISH between them", [first(a), frame("FINISH", 1)], ends),
    stream("END too early", [first(a), data(1, none, END)], ends),
    ...[most + 1, 0x7fffffff, 0xffffffff].map((length) =>
      one(`pieces: a length of ${length} is refused at the first`, announced(length), { answer: [tooMuch] }),
    ),
    one(
      "pieces: what follows a refused length is ignored",
      [...announced(most + 1), data(1, zeros(300), MORE), data(1, zeros(9), END)],
      { answer: [tooMuch] },
    ),
    one("pieces: a length over the limit in a stream", [call(1, "Chat"), data(1, u32(most + 1), MORE)], {
      answer: ["FAIL 1 RESOURCE_EXHAUSTED UNKNOWN"],
    }),
    one("pieces: max_message_bytes exactly", upload(most), { answer: ["FINISH 1"] }),
    one("pieces: max_message_bytes less one", upload(most - 1), { answer: ["FINISH 1"] }),
    one("pieces: a frame's worth and one byte", upload(Math.min(most, Math.max(biggest, initial) + 1)), {
      answer: ["FINISH 1"],
    }),
  ];
}

function creditCases({ credit: initial, frame: biggest }: ServerFacts): ServerCase[] {
  const stream = [call(1, "Chat")];
  const poor = hello(none, { ...generous, credit: 1 });
  const grants = (name: string, bytes: readonly number[], rest?: Rest): ServerCase => ({
    name: `credit: ${name}`,
    state: stream,
    sent: [...bytes.map((grant) => credit(1, grant)), data(1, line("x"), END)],
    ending: "usable",
    ...(rest ?? { answer: ["DATA 1 echo x", "FINISH 1"] }),
  });
  // Its own answers wait for credit, so that a server with one answer in hand reads no more requests.
  const left = initial - 512;
  const fill = (name: string, frames: readonly Uint8Array[], rest: Rest = { answer: [] }): ServerCase => ({
    name: `credit: ${name}`,
    hello: poor,
    state: [...stream, data(1, line("a")), data(1, line("b")), "DATA 1 echo a", 30],
    sent: frames,
    ending: "usable",
    ...rest,
  });
  const small = Math.ceil(left / 256);
  const empty = (count: number) => Array.from({ length: count }, () => data(1));
  const sized: ServerCase[] =
    left + 1 > biggest
      ? []
      : [
          fill("one frame of all that is left", [data(1, lineOf(left))]),
          fill("one frame of one byte more", [data(1, lineOf(left + 1))], ends),
          fill("256 bytes on a credit of 1", [data(1, lineOf(left - 1)), data(1, lineOf(256))]),
          fill("257 bytes on a credit of 1", [data(1, lineOf(left - 1)), data(1, lineOf(257))], ends),
          fill("an empty frame on a credit of 0", [data(1, lineOf(left)), data(1)], ends),
          fill("an empty frame on a credit of -255", [data(1, lineOf(left - 1)), data(1), data(1)], ends),
          fill("a piece on a credit of 0", [data(1, lineOf(left)), data(1, u32(900), MORE)], ends),
          fill(
            "CREDIT of the other direction does not add to it",
            [data(1, lineOf(left)), credit(1, 200), data(1)],
            ends,
          ),
        ];
  return [
    grants("CREDIT of 0", [0], ends),
    grants("CREDIT of 1", [1]),
    grants("CREDIT of 2^31-1", [0x7fffffff]),
    grants(
      "CREDIT of 2^31-1, a hundred times: the sum has no limit",
      Array.from({ length: 100 }, () => 0x7fffffff),
    ),
    grants("CREDIT of 2^31", [0x80000000], ends),
    grants("CREDIT of 2^32-1", [0xffffffff], ends),
    {
      name: "credit: CREDIT of 0 for a call that is over",
      state: [hi(1), helloAda],
      sent: [credit(1, 0)],
      ...ends,
    },
    ...sized,
    fill("empty frames cost 256 each, as many as are allowed", empty(small)),
    fill("empty frames cost 256 each, one too many", empty(small + 1), ends),
    {
      name: "credit: all of it in the first frame",
      state: [],
      sent: [call(1, "Notify"), data(1, lineOf(Math.min(initial, biggest)), END)],
      answer: ["FINISH 1"],
      ending: "usable",
    },
    one("credit: one byte more than all of it, first", [call(1, "Hello"), data(1, zeros(initial + 1))], ends),
    one(
      "credit: one byte more than all of it, in a CALL",
      [call(1, "Hello", { message: zeros(initial + 1) })],
      ends,
    ),
    {
      name: "credit: the server sends one frame on a credit of 1, and the next when it is above 0",
      hello: poor,
      state: [call(1, "Countdown", { message: field(1, 3) }), "DATA 1"],
      sent: [credit(1, 255), 60, credit(1, 1), "DATA 1", 30, credit(1, 256)],
      answer: ["DATA 1", "FINISH 1"],
      ending: "usable",
    },
    {
      name: "credit: the server's large answer waits for credit",
      hello: poor,
      state: [hi(1, "x".repeat(600)), "DATA|MORE 1"],
      sent: [credit(1, 9_000)],
      answer: ["DATA|END 1"],
      ending: "usable",
    },
    {
      name: "credit: an answer within max(credit, 256) needs none",
      hello: poor,
      state: [],
      sent: [hi(1)],
      answer: [helloAda],
      ending: "usable",
    },
    {
      name: "credit: an answer over the caller's max_message_bytes is not sent",
      hello: hello(none, { ...generous, message: 1_024 }),
      state: [],
      sent: [hi(1, "x".repeat(1_030))],
      answer: ["FAIL 1 RESOURCE_EXHAUSTED EXECUTED"],
      ending: "usable",
    },
    {
      name: "credit: an answer in frames of the caller's max_frame_bytes",
      hello: hello(none, { ...generous, frame: 1_024 }),
      state: [],
      sent: [hi(1, "x".repeat(2_000))],
      answer: ["DATA|MORE 1", "DATA|END 1"],
      ending: "usable",
    },
  ];
}

/** All cases about pieces and credit. */
export function flowCases(facts: ServerFacts): ServerCase[] {
  return [...pieceCases(facts), ...creditCases(facts)];
}
