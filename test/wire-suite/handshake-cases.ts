// The handshake: the first column of the table of PROTOCOL.md §8, HELLO, and strangers.
import type { ServerCase, ServerFacts, Verdict } from "./case.ts";
import {
  ascii,
  call,
  credit,
  data,
  field,
  frame,
  goaway,
  header,
  hello,
  hi,
  join,
  type KindName,
  kinds,
  limitsMessage,
  line,
  none,
  ping,
  preface,
  slow,
  welcome,
  zeros,
} from "./frames.ts";
import type { Step } from "./peer.ts";

const broken = { answer: [], ending: "PROTOCOL_ERROR" } as const;
const shutdown = 1;

/** One frame of every kind, as a caller would send it. */
const samples: { readonly [K in KindName]: Uint8Array } = {
  HELLO: hello(),
  WELCOME: welcome(),
  CALL: hi(1),
  DATA: data(1, line("x")),
  FINISH: frame("FINISH", 1),
  FAIL: frame("FAIL", 1, field(1, 1)),
  CANCEL: frame("CANCEL", 1),
  CREDIT: credit(1, 1_000),
  PING: ping(7),
  PONG: frame("PONG", 0, zeros(8)),
  GOAWAY: goaway(0, shutdown),
};

function row(kind: KindName): string {
  return ["HELLO", "WELCOME", "GOAWAY", "PING"].includes(kind) ? kind : "any other";
}

function handshakeCells(): ServerCase[] {
  const verdicts: { readonly [K in KindName]?: Verdict } = { HELLO: "goes on", GOAWAY: "goes on" };
  return (Object.keys(samples) as KindName[]).map((kind) => {
    const verdict = verdicts[kind] ?? "ends";
    return {
      name: `connection: ${kind} as the first frame`,
      cell: { table: "connection", frame: row(kind), state: "handshake (acceptor)" },
      verdict,
      bare: true,
      state: [],
      sent: [samples[kind]],
      answer: kind === "HELLO" ? ["WELCOME 0"] : [],
      ending: verdict === "ends" ? "PROTOCOL_ERROR" : kind === "GOAWAY" ? "closed" : "usable",
    };
  });
}

/** While credentials are checked everything waits, and goes on or breaks the rules afterwards. */
function heldBack(): ServerCase[] {
  const slowly = hello(field(6, field(1, "slow")));
  const held = (name: string, sent: readonly Step[], rest: Partial<ServerCase>): ServerCase => ({
    name: `connection: ${name} while credentials are checked`,
    own: true,
    bare: true,
    state: [],
    sent: [slowly, ...sent],
    answer: ["WELCOME 0"],
    ending: "usable",
    ...rest,
  });
  const ends = { ending: "PROTOCOL_ERROR" } as const;
  return [
    held("nothing", [], {}),
    held("PING", [ping(7)], { answer: ["WELCOME 0", `PONG 0 ${"07".repeat(8)}`] }),
    held("a CALL", [hi(1)], { answer: ["WELCOME 0", "DATA|END 1 Hello Ada"] }),
    held("a CALL and its CANCEL", [call(1, "Slow", { message: slow(300) }), frame("CANCEL", 1)], {
      quietMs: 500,
    }),
    held("GOAWAY", [goaway(0, 1)], { answer: [], ending: "closed", whole: true }),
    held("HELLO", [hello()], ends),
    held("WELCOME", [welcome()], ends),
    held("PONG", [samples.PONG], ends),
    held("DATA", [samples.DATA], ends),
    held(
      "1,025 frames",
      Array.from({ length: 1_025 }, () => ping(1)),
      { answer: [], whole: true, ending: "LIMIT" },
    ),
    {
      ...held("a CALL", [hi(1)], { answer: [], ending: "UNAUTHENTICATED" }),
      name: "connection: a CALL behind credentials that are refused",
      sent: [hello(field(6, field(1, "slow-refused"))), hi(1)],
    },
  ];
}

function helloCases(facts: ServerFacts): ServerCase[] {
  const versions = (min: number, max: number) => join(field(1, min), field(2, max));
  const welcomed = (name: string, first: Uint8Array): ServerCase => ({
    name: `HELLO: ${name}`,
    hello: first,
    state: [],
    sent: [hi(1)],
    answer: ["DATA|END 1 Hello Ada"],
    ending: "usable",
  });
  const refused = (name: string, first: Uint8Array, ending: ServerCase["ending"]): ServerCase => ({
    name: `HELLO: ${name}`,
    bare: true,
    state: [],
    sent: [first],
    answer: [],
    ending,
  });
  const raw = (payload: Uint8Array) => frame("HELLO", 0, join(preface, payload));
  const floors = { frame: 1_024, message: 1_024, calls: 1, credit: 1 };
  const huge = 0xffffffff;
  const bytes = hello();
  return [
    welcomed("versions 1 to 1", hello(versions(1, 1))),
    welcomed("versions 1 to 100", hello(versions(1, 100))),
    welcomed("versions 1 to the highest", hello(versions(1, huge))),
    welcomed("versions 0 to 1: an absent minimum is 0", raw(field(2, 1))),
    refused("versions 0 to 0", raw(versions(0, 0)), "VERSION"),
    refused("no versions", raw(none), "VERSION"),
    refused("no highest version", raw(field(1, 1)), "VERSION"),
    refused("versions 2 to 3", raw(versions(2, 3)), "VERSION"),
    refused("versions 2 to 1, the wrong way round", raw(versions(2, 1)), "VERSION"),
    refused("versions 1 to 0, the wrong way round", raw(versions(1, 0)), "VERSION"),
    refused("only the highest versions", raw(versions(huge, huge)), "VERSION"),
    welcomed("no limits at all", raw(versions(1, 1))),
    welcomed("limits of 0", hello(none, { frame: 0, message: 0, calls: 0, credit: 0 })),
    welcomed("limits at the floor", hello(none, floors)),
    welcomed("limits below the floor", hello(none, { frame: 1, message: 1, calls: 1, credit: 1 })),
    welcomed("the highest limits", hello(none, { frame: huge, message: huge, calls: huge, credit: huge })),
    welcomed("a frame limit above its message limit", hello(none, { ...floors, frame: 65_536 })),
    welcomed("fields that nobody knows", hello(join(field(77, 5), field(78, "new"), field(79, zeros(300))))),
    welcomed("fields twice", hello(join(field(1, 1), field(5, "another name")))),
    welcomed("limits in two parts", hello(field(3, field(4, 9_000)))),
    welcomed("no name", raw(join(versions(1, 1), field(3, limitsMessage(facts))))),
    welcomed("a name of 9,000 bytes", hello(field(5, "n".repeat(9_000)))),
    welcomed("a name that should not be printed", hello(field(5, "a\r\n\x1b[2J\u202e"))),
    welcomed(
      "200 services",
      hello(join(...Array.from({ length: 200 }, (_, n) => field(7, field(1, `a.B${n}`))))),
    ),
    welcomed("a service without a name", hello(field(7, none))),
    welcomed("the highest heartbeat", hello(field(4, versions(huge, huge)))),
    welcomed("a heartbeat of 1 ms", hello(field(4, versions(1, 1)))),
    welcomed("a heartbeat of 0", hello(field(4, versions(0, 0)))),
    welcomed("empty credentials", hello(field(6, none))),
    refused(
      "a field that is cut off",
      raw(join(versions(1, 1), Uint8Array.of(0x2a, 9, 65))),
      "PROTOCOL_ERROR",
    ),
    refused("a field of a wrong wire type", raw(Uint8Array.of(0x0f, 1)), "PROTOCOL_ERROR"),
    refused("a field number of 0", raw(Uint8Array.of(0, 1)), "PROTOCOL_ERROR"),
    refused(
      "a varint of eleven bytes",
      raw(join(Uint8Array.of(8), zeros(10).fill(0xff), zeros(1))),
      "PROTOCOL_ERROR",
    ),
    refused(
      "a name that is no UTF-8",
      raw(join(versions(1, 1), field(5, Uint8Array.of(0xc0, 0xaf)))),
      "PROTOCOL_ERROR",
    ),
    refused("wrong magic", frame("HELLO", 0, ascii("VRTY\x01")), "PROTOCOL_ERROR"),
    refused("magic in lower case", frame("HELLO", 0, ascii("vrtx\x01")), "PROTOCOL_ERROR"),
    refused("frame format 0", frame("HELLO", 0, ascii("VRTX\x00")), "PROTOCOL_ERROR"),
    refused("frame format 2", frame("HELLO", 0, ascii("VRTX\x02")), "PROTOCOL_ERROR"),
    {
      name: "HELLO: three bytes at a time",
      bare: true,
      state: [],
      sent: [...bytes].flatMap((_, at) => (at % 3 === 0 ? [bytes.subarray(at, at + 3), 0] : [])),
      answer: ["WELCOME 0"],
      ending: "usable",
    },
    {
      name: "HELLO: with an early call behind it",
      bare: true,
      state: [],
      sent: [bytes, hi(1)],
      answer: ["WELCOME 0", "DATA|END 1 Hello Ada"],
      ending: "usable",
    },
    { ...refused("refused credentials", hello(field(6, field(1, "refused"))), "UNAUTHENTICATED"), own: true },
    {
      ...refused(
        "refused credentials, with a call behind them",
        join(hello(field(6, field(1, "refused"))), hi(1)),
        "UNAUTHENTICATED",
      ),
      own: true,
    },
    {
      name: "HELLO: never",
      bare: true,
      state: [],
      sent: [],
      answer: [],
      ending: "HANDSHAKE_TIMEOUT",
      withinMs: 7_000,
    },
    {
      name: "HELLO: half of it",
      bare: true,
      state: [],
      sent: [bytes.subarray(0, 20)],
      answer: [],
      ending: "HANDSHAKE_TIMEOUT",
      withinMs: 7_000,
    },
    {
      name: "HELLO: half a header",
      bare: true,
      state: [],
      sent: [bytes.subarray(0, 4)],
      answer: [],
      ending: "HANDSHAKE_TIMEOUT",
      withinMs: 7_000,
    },
  ];
}

function strangers(): ServerCase[] {
  const rows: readonly (readonly [string, Uint8Array])[] = [
    ["an HTTP request", ascii("GET / HTTP/1.1\r\nHost: localhost\r\n\r\n")],
    ["an HTTP/2 preface", ascii("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n")],
    ["a TLS hello", join(Uint8Array.of(0x16, 3, 1, 2, 0, 1, 0, 1, 0xfc, 3, 3), zeros(500).fill(0x5c))],
    ["an SSH banner", ascii("SSH-2.0-OpenSSH_9.6\r\n")],
    ["a Redis command", ascii("*1\r\n$4\r\nPING\r\n")],
    ["a NATS client", ascii('CONNECT {"verbose":false}\r\n')],
    ["zeros", zeros(64)],
    ["ones", zeros(64).fill(255)],
    ["a line of text", ascii("hello, is anybody there?\n")],
    [
      "an Avro or Kafka request",
      Uint8Array.of(0, 0, 0, 0x1f, 0, 0x12, 0, 3, 0, 0, 0, 1, 0, 4, 0x74, 0x65, 0x73, 0x74),
    ],
    ["a length of 16 MiB and nothing else", header(0xffffff, kinds.DATA, 1)],
  ];
  return rows.map(([name, bytes]) => ({
    name: `stranger: ${name}`,
    bare: true,
    state: [],
    sent: [bytes],
    ...broken,
  }));
}

/** All cases about the handshake. */
export function handshakeCases(facts: ServerFacts): ServerCase[] {
  return [...handshakeCells(), ...heldBack(), ...helloCases(facts), ...strangers()];
}
