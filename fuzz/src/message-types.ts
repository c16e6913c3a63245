// The message types that decoding is tried with: the test schemas and Vertex's own control messages, as generated
// here, with their fields as protobufjs reads them from the same .proto files.

import { fileURLToPath } from "node:url";
import { BinaryReader, BinaryWriter } from "@vertex/wire";
import protobuf from "protobufjs";
import * as control from "../../packages/protocol/src/gen/vertex/v1/control.ts";
import * as sink from "../../test/gen/kitchen_sink.ts";
import * as legacy from "../../test/gen/kitchen_sink_legacy.ts";

/** What generated codecs have in common, with the message's type left out. */
interface Codec {
  encode(message: unknown, writer?: BinaryWriter): BinaryWriter;
  decode(input: BinaryReader | Uint8Array, length?: number): unknown;
}

/** One message type. */
export interface MessageType {
  readonly name: string;
  /** Its fields, as protobufjs describes them. */
  readonly shape: protobuf.Type;
  /** @param framed reads it in the middle of a longer buffer, as a frame's payload is. */
  decode(bytes: Uint8Array, framed: boolean): unknown;
  encode(message: unknown): Uint8Array;
}

const at = (path: string) => fileURLToPath(new URL(`../../${path}`, import.meta.url));

// The options say nothing of messages.
protobuf.common("vertex/v1/options.proto", {});
const root = new protobuf.Root();
root.resolvePath = (_origin, target) =>
  target.startsWith("/") || /^(google|vertex)\//.test(target) ? target : at(`test/schema/${target}`);
root.loadSync([at("test/schema/kitchen_sink.proto"), at("schema/vertex/v1/control.proto")]);
root.resolveAll();

const reader = new BinaryReader(new Uint8Array(0));

function define(path: string, name: string, generated: object): MessageType {
  const shape = root.lookupType(`${path}.${name}`);
  const codec = Reflect.get(generated, name) as Codec;
  return {
    name,
    shape,
    decode(bytes, framed) {
      if (!framed) return codec.decode(bytes);
      const around = new Uint8Array(bytes.length + 32).fill(0xdd);
      around.set(bytes, 16);
      reader.reset(around, 16, 16 + bytes.length);
      return codec.decode(reader);
    },
    encode: (message) => codec.encode(message, new BinaryWriter()).finish(),
  };
}

const sinkNames = [
  "Scalars",
  "Optionals",
  "Lists",
  "Maps",
  "Choice",
  "WellKnown",
  "Outer",
  "Tree",
  "Numbers",
  "KitchenSink",
];

export const messageTypes: readonly MessageType[] = [
  ...sinkNames.map((name) => define("vertex.test.v1", name, sink)),
  define("vertex.test.v1", "Legacy", legacy),
  ...["Hello", "Welcome", "Goodbye", "Failure", "Metadata"].map((name) => define("vertex.v1", name, control)),
];

const byName = new Map(messageTypes.map((type) => [type.name, type]));

/** The type of that name. */
export function messageType(name: string): MessageType | undefined {
  return byName.get(name);
}
