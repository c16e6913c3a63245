// What calls carry: shapes of requests, metadata, deadlines.
import type { ServerCase, ServerFacts } from "./case.ts";
import {
  call,
  credit,
  data,
  END,
  FOR_EVER,
  field,
  frame,
  hi,
  join,
  line,
  MORE,
  none,
  pair,
  slow,
  u32,
  zeros,
} from "./frames.ts";
import type { Step } from "./peer.ts";

type Rest = Partial<ServerCase> & Pick<ServerCase, "answer">;

const ends = { answer: [], ending: "PROTOCOL_ERROR" } as const;
const noRequest = "FAIL 1 INVALID_ARGUMENT NOT_EXECUTED";
const tooMuch = "FAIL 1 RESOURCE_EXHAUSTED NOT_EXECUTED";
const notFor = "FAIL 1 PERMISSION_DENIED NOT_EXECUTED";
const helloAda = "DATA|END 1 Hello Ada";

function one(name: string, sent: readonly Step[], rest: Rest): ServerCase {
  return { name, state: [], sent, ending: "usable", ...rest };
}

function shapeCases({ calls }: ServerFacts): ServerCase[] {
  const finish = frame("FINISH", 1);
  const tick = (n: number) => field(1, n);
  const many = Array.from({ length: calls }, (_, n) => call(2 * n + 1, "Chat"));
  const above = 2 * calls + 1;
  return [
    one("unary: CALL, then DATA with END", [call(1, "Hello"), data(1, line("Ada"), END)], {
      answer: [helloAda],
    }),
    one("unary: CALL, DATA, FINISH", [call(1, "Hello"), data(1, line("Ada")), finish], {
      answer: [helloAda],
    }),
    one("unary: an empty request", [call(1, "Hello", { message: none })], { answer: ["DATA|END 1"] }),
    one("unary: FINISH in place of a request", [call(1, "Hello"), finish], { answer: [noRequest] }),
    one("unary: a second request", [call(1, "Hello"), data(1, line("a")), data(1, line("b"))], ends),
    one(
      "unary: a second request, with END",
      [call(1, "Hello"), data(1, line("a")), data(1, line("b"), END)],
      ends,
    ),
    one("unary: a request that does not decode", [call(1, "Hello", { message: Uint8Array.of(10, 9, 65) })], {
      answer: [noRequest],
    }),
    one(
      "unary: a request that does not decode, in a DATA",
      [call(1, "Hello"), data(1, Uint8Array.of(10, 9, 65), END)],
      { answer: [noRequest] },
    ),
    one(
      "unary: a request with fields that nobody knows",
      [call(1, "Hello", { message: join(line("Ada"), field(50, "new")) })],
      { answer: [helloAda] },
    ),
    one(
      "unary: a request byte by byte",
      [...hi(1)].flatMap((byte) => [Uint8Array.of(byte), 0]),
      { answer: [helloAda] },
    ),
    one(
      "unary: a hundred calls in one write, one after the other",
      Array.from({ length: 100 }, (_, n) => [hi(2 * n + 1), `DATA|END ${2 * n + 1} Hello Ada`]).flat(),
      { answer: [] },
    ),
    one("unary: an error of the handler", [call(1, "Fail", { message: join(field(1, 8), field(2, "no")) })], {
      answer: ["FAIL 1 RESOURCE_EXHAUSTED"],
    }),
    one(
      "unary: message bytes on a CALL without END or MORE",
      [call(1, "Hello", { message: line("Ada"), flags: 0 })],
      ends,
    ),
    one(
      "stream: message bytes on a CALL without END or MORE",
      [call(1, "Chat", { message: line("Ada"), flags: 0 })],
      ends,
    ),
    one("server stream: CALL with END", [call(1, "Countdown", { message: tick(2) })], {
      answer: ["DATA 1", "DATA 1", "FINISH 1"],
    }),
    one("server stream: no message in it", [call(1, "Countdown", { message: none })], {
      answer: ["FINISH 1"],
    }),
    one("server stream: CALL, DATA, FINISH", [call(1, "Countdown"), data(1, tick(1)), finish], {
      answer: ["DATA 1", "FINISH 1"],
    }),
    one("server stream: FINISH in place of a request", [call(1, "Countdown"), finish], {
      answer: [noRequest],
    }),
    one(
      "client stream: three messages and FINISH",
      [call(1, "Sum"), data(1, tick(1)), data(1, tick(2)), data(1, tick(3)), finish],
      { answer: ["DATA|END 1"] },
    ),
    one("client stream: END on the last message", [call(1, "Sum"), data(1, tick(1)), data(1, tick(2), END)], {
      answer: ["DATA|END 1"],
    }),
    one("client stream: one message in the CALL, with END", [call(1, "Sum", { message: tick(4) })], {
      answer: ["DATA|END 1"],
    }),
    one("client stream: no message", [call(1, "Sum"), finish], { answer: ["DATA|END 1"] }),
    one(
      "client stream: DATA behind FINISH",
      [call(1, "Slow"), data(1, slow(300)), finish, data(1, tick(1))],
      ends,
    ),
    one("client stream: DATA behind END", [call(1, "Slow"), data(1, slow(300), END), data(1)], ends),
    one(
      "client stream: a message that does not decode",
      [call(1, "Sum"), data(1, Uint8Array.of(10, 9, 65))],
      { answer: [noRequest.replace("NOT_EXECUTED", "UNKNOWN")] },
    ),
    one(
      "duplex: answers come between requests",
      [call(1, "Chat"), data(1, line("a")), "DATA 1 echo a", data(1, line("b")), "DATA 1 echo b", finish],
      { answer: ["FINISH 1"] },
    ),
    one("duplex: an empty message", [call(1, "Chat"), data(1), finish], {
      answer: ["DATA 1 echo", "FINISH 1"],
    }),
    one("duplex: FINISH with contents", [call(1, "Chat"), frame("FINISH", 1, pair("a", "b"))], {
      answer: ["FINISH 1"],
    }),
    one("duplex: FINISH twice", [call(1, "Chat"), finish, finish], { answer: ["FINISH 1"] }),
    one("one-way: confirmed with FINISH", [call(1, "Notify", { message: line("x") })], {
      answer: ["FINISH 1"],
    }),
    one("one-way: CALL, then DATA with END", [call(1, "Notify"), data(1, line("x"), END)], {
      answer: ["FINISH 1"],
    }),
    one("one-way: no request", [call(1, "Notify"), finish], { answer: [noRequest] }),
    one("no such method", [call(1, "Nothing", { message: line("x") })], {
      answer: ["FAIL 1 UNIMPLEMENTED NOT_EXECUTED"],
    }),
    one(
      "no such method, and a stream for it",
      [call(1, "Nothing"), data(1, line("x")), data(1, line("y"), END)],
      { answer: ["FAIL 1 UNIMPLEMENTED NOT_EXECUTED"] },
    ),
    one(
      "no such method, and a message in pieces for it",
      [call(1, "Nothing", { message: u32(9), flags: MORE }), data(1, zeros(9), END)],
      { answer: ["FAIL 1 UNIMPLEMENTED NOT_EXECUTED"] },
    ),
    {
      name: "max_concurrent_calls: at the limit",
      state: many,
      sent: many.map((_, n) => frame("FINISH", 2 * n + 1)),
      answer: many.map((_, n) => `FINISH ${2 * n + 1}`),
      ending: "usable",
      freshId: above + 2,
    },
    {
      name: "max_concurrent_calls: one more",
      state: many,
      sent: [
        hi(above),
        `FAIL ${above} RESOURCE_EXHAUSTED NOT_EXECUTED`,
        ...many.map((_, n) => frame("CANCEL", 2 * n + 1)),
        30,
      ],
      answer: [],
      ending: "usable",
      freshId: above + 2,
    },
    {
      name: "max_concurrent_calls: a call waits for the handler of one that was cancelled",
      own: true,
      state: [...many.slice(1), call(above, "Slow", { message: slow(300) })],
      sent: [frame("CANCEL", above), hi(above + 2), `DATA|END ${above + 2} Hello Ada`],
      answer: [],
      ending: "usable",
      freshId: above + 4,
    },
    one(
      "CANCEL, then frames of the call that crossed it",
      [
        call(1, "Chat"),
        frame("CANCEL", 1),
        data(1, line("x")),
        credit(1, 5),
        frame("FINISH", 1),
        frame("CANCEL", 1),
      ],
      { answer: [] },
    ),
    one(
      "CANCEL a hundred times",
      [call(1, "Chat"), ...Array.from({ length: 100 }, () => frame("CANCEL", 1))],
      { answer: [] },
    ),
  ];
}

function metadataCases(): ServerCase[] {
  const carries = (name: string, metadata: Uint8Array, answer = "DATA|END 1 I know Ada"): ServerCase =>
    one(`metadata: ${name}`, [call(1, "Remember", { message: line("Ada"), metadata })], { answer: [answer] });
  const refused = (name: string, metadata: Uint8Array) => carries(name, metadata, tooMuch);
  const entries = (count: number) => join(...Array.from({ length: count }, (_, n) => pair(`key-${n}`, "v")));
  const sized = (bytes: number) => {
    const rest = bytes - pair("k", "v".repeat(8_000)).length;
    return pair("k", "v".repeat(8_000 + rest));
  };
  const lying = (name: string, metadataBytes: number, ended: boolean): ServerCase =>
    one(
      `metadata: ${name}`,
      [call(1, "Remember", { message: ended ? line("Ada") : none, flags: ended ? END : 0, metadataBytes })],
      ends,
    );
  return [
    carries("none", none),
    carries("one pair", pair("trace-id", "7f")),
    carries("a binary value", field(1, join(field(1, "bin"), field(3, zeros(9))))),
    carries("an empty value", pair("k", "")),
    carries("8,192 bytes", sized(8_192)),
    refused("8,193 bytes", sized(8_193)),
    carries("64 entries", entries(64)),
    refused("65 entries", entries(65)),
    carries("a key of 128 characters", pair("k".repeat(128), "v")),
    refused("a key of 129 characters", pair("k".repeat(129), "v")),
    carries("every character of keys", pair("0az9.-_", "v")),
    refused("an empty key", pair("", "v")),
    refused("a key with a capital", pair("Key", "v")),
    refused("a key that starts with a dot", pair(".k", "v")),
    refused("a key with a space", pair("a b", "v")),
    refused("a key with a line break", pair("a\nb", "v")),
    refused("a key twice", join(pair("k", "a"), pair("k", "b"))),
    refused("a pair without a value", pair("k")),
    refused("an empty pair", field(1, none)),
    carries("the key __proto__ is refused like any other", pair("__proto__", "v"), tooMuch),
    carries("the key constructor", pair("constructor", "v")),
    refused("a field that is cut off", Uint8Array.of(10, 9, 10)),
    refused("a text that is no UTF-8", field(1, join(field(1, "k"), field(2, Uint8Array.of(0xc0, 0xaf))))),
    carries("fields that nobody knows", join(pair("k", "v"), field(9, "new"))),
    carries("somebody else's identity, from whom that is not taken", pair("vertex-identity", "root"), notFor),
    lying("a size one byte past the frame", 6, true),
    lying("a size of 65,535", 65_535, true),
    lying("a size of 1 in a frame of 10 bytes", 1, false),
    one(
      "metadata: refused, and the stream behind it is ignored",
      [call(1, "Chat", { metadata: pair("K", "v") }), data(1, line("x")), frame("FINISH", 1)],
      { answer: [tooMuch] },
    ),
  ];
}

function deadlineCases(): ServerCase[] {
  const runs = (
    name: string,
    method: string,
    remainingMs: number,
    message: Uint8Array,
    answer: string,
  ): ServerCase =>
    one(`deadline: ${name}`, [call(1, method, { message, remainingMs })], { answer: [answer] });
  return [
    runs("0 ms: too late already", "Hello", 0, line("Ada"), "FAIL 1 DEADLINE_EXCEEDED NOT_EXECUTED"),
    one(
      "deadline: 0 ms for a stream, whose frames are ignored",
      [call(1, "Chat", { remainingMs: 0 }), data(1, line("x")), frame("FINISH", 1)],
      { answer: ["FAIL 1 DEADLINE_EXCEEDED NOT_EXECUTED"] },
    ),
    runs("1 ms, and the handler takes longer", "Slow", 1, slow(150), "FAIL 1 DEADLINE_EXCEEDED UNKNOWN"),
    one("deadline: 1 ms, and the request never comes", [call(1, "Hello", { remainingMs: 1 })], {
      answer: ["FAIL 1 DEADLINE_EXCEEDED NOT_EXECUTED"],
    }),
    one(
      "deadline: passes inside a message",
      [
        call(1, "Hello", { remainingMs: 30, message: u32(9), flags: MORE }),
        "FAIL 1 DEADLINE_EXCEEDED NOT_EXECUTED",
        data(1, zeros(9), END),
      ],
      { answer: [] },
    ),
    one(
      "deadline: passes in a stream",
      [call(1, "Chat", { remainingMs: 30 }), "FAIL 1 DEADLINE_EXCEEDED UNKNOWN", data(1, line("late"))],
      { answer: [] },
    ),
    runs("the longest", "Hello", 0xfffffffe, line("Ada"), helloAda),
    runs("for ever", "Hello", FOR_EVER, line("Ada"), helloAda),
    runs("for ever, and the handler takes its time", "Slow", FOR_EVER, slow(30), "DATA|END 1 Finally, Ada"),
  ];
}

/** All cases about calls and what they carry. */
export function messageCases(facts: ServerFacts): ServerCase[] {
  return [...shapeCases(facts), ...metadataCases(), ...deadlineCases()];
}
