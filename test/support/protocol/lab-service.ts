// A service of one method a shape, by hand, whose handlers each test sets.
import type { CallContext } from "../../../packages/protocol/src/call.ts";
import type {
  AnyMethod,
  Codec,
  Method,
  MethodKind,
  Service,
} from "../../../packages/protocol/src/service.ts";
import { BinaryReader, BinaryWriter, WireError } from "../../../packages/wire/src/index.ts";

/** A note: `string text = 1`. Empty text takes no bytes, as in proto3. */
export interface Note {
  readonly text: string;
}

const noteCodec: Codec<Note> = {
  encode(message, writer = new BinaryWriter()) {
    if (message.text !== "") writer.uint32(10).string(message.text);
    return writer;
  },
  decode(input, length) {
    const reader = input instanceof Uint8Array ? new BinaryReader(input) : input;
    const end = length === undefined ? reader.len : reader.pos + length;
    let text = "";
    while (reader.pos < end) {
      if (reader.uint32() !== 10) throw new WireError("wire-type", "not a note", reader.pos);
      text = reader.string();
    }
    return { text };
  },
};

/** The bytes of a note. */
export function note(text: string): Uint8Array {
  return noteCodec.encode({ text }).finish().slice();
}

/** The text of a note. */
export function textOf(bytes: Uint8Array): string {
  return noteCodec.decode(bytes).text;
}

/** The bytes of a note of exactly `bytes` bytes (not 1, nor where the length prefix would jump). */
export function noteOf(bytes: number): Uint8Array {
  return note(noteTextOf(bytes));
}

/** The text of a note that takes `bytes` bytes encoded. */
export function noteTextOf(bytes: number): string {
  if (bytes === 0) return "";
  for (let prefix = 1; prefix <= 4; prefix++) {
    const length = bytes - 1 - prefix;
    if (length >= 1 && note("x".repeat(length)).length === bytes) return "x".repeat(length);
  }
  throw new RangeError(`no note has ${bytes} bytes`);
}

function method(name: string, id: number, kind: MethodKind): Method<Note, Note> {
  return {
    path: `lab.Lab/${name}`,
    id,
    kind,
    idempotency: "unknown",
    request: noteCodec,
    response: noteCodec,
  };
}

export const echo: Method<Note, Note> = method("Echo", 0x1000_0001, "unary");
export const tell: Method<Note, Note> = method("Tell", 0x1000_0002, "one_way");
export const count: Method<Note, Note> = method("Count", 0x1000_0003, "server_stream");
export const collect: Method<Note, Note> = method("Collect", 0x1000_0004, "client_stream");
export const chat: Method<Note, Note> = method("Chat", 0xf000_0005, "duplex");

export interface LabHandlers {
  echo(request: Note, context: CallContext): unknown;
  tell(request: Note, context: CallContext): unknown;
  count(request: Note, context: CallContext): unknown;
  collect(requests: AsyncIterable<Note>, context: CallContext): unknown;
  chat(requests: AsyncIterable<Note>, context: CallContext): unknown;
}

export const labService: Service<null, LabHandlers> = {
  name: "lab.Lab",
  fingerprint: 0x5eed,
  methods: { echo, tell, count, collect, chat } as unknown as { readonly [name: string]: AnyMethod },
  createClient: () => null,
};

/** Handlers that answer at once. Tests replace those that they look at. */
export function plainHandlers(): LabHandlers {
  return {
    echo: (request) => request,
    tell: () => undefined,
    *count({ text }) {
      for (let n = 1; n <= Number(text); n++) yield { text: String(n) };
    },
    async collect(requests) {
      const texts: string[] = [];
      for await (const { text } of requests) texts.push(text);
      return { text: texts.join(",") };
    },
    async *chat(requests) {
      for await (const message of requests) yield message;
    },
  };
}
