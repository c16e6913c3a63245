// The codecs that Vertex is compared with, each used as its own documentation says.

import { createFileRegistry, type DescMessage, fromBinary, toBinary } from "@bufbuild/protobuf";
import { FileDescriptorSetSchema } from "@bufbuild/protobuf/wkt";
import type { MessageType as ProtobufTsType } from "@protobuf-ts/runtime";
import { Packr } from "msgpackr";
import { PbfReader, PbfWriter } from "pbf";
import { suiteDescriptors } from "../../codec/gen/descriptors.js";
import * as pbfTypes from "../../codec/gen/pbf.js";
import * as protobufTsTypes from "../../codec/gen/protobuf-ts/suite.ts";
import * as protobufjsTypes from "../../codec/gen/protobufjs.js";
import * as stockTypes from "../../codec/gen/stock.ts";
import * as vertexTypes from "../../codec/gen/vertex.ts";
import { type Codec, prepareType, typeOf } from "./codec.ts";

const protobufjs: Codec = {
  id: "protobufjs",
  name: "protobufjs, static",
  packages: ["protobufjs"],
  protobuf: true,
  prepare: (name, _, bytes) => {
    const { vertex } = protobufjsTypes as unknown as { vertex: { bench: { codec: object } } };
    return prepareType(typeOf(vertex.bench.codec, name), bytes);
  },
};

const stock: Codec = {
  id: "ts-proto",
  name: "ts-proto, stock",
  packages: ["ts-proto"],
  protobuf: true,
  prepare: (name, _, bytes) => prepareType(typeOf(stockTypes, name), bytes),
};

const files = fromBinary(FileDescriptorSetSchema, Buffer.from(suiteDescriptors, "base64"));
const registry = createFileRegistry(files);

const protobufEs: Codec = {
  id: "protobuf-es",
  name: "protobuf-es",
  packages: ["@bufbuild/protobuf"],
  protobuf: true,
  prepare(name, _, bytes) {
    const type = registry.getMessage(`vertex.bench.codec.${name}`) as DescMessage;
    const message = fromBinary(type, bytes);
    const encode = () => toBinary(type, message);
    return { encode, decode: () => fromBinary(type, bytes), bytes: encode };
  },
};

const protobufTs: Codec = {
  id: "protobuf-ts",
  name: "protobuf-ts",
  packages: ["@protobuf-ts/runtime"],
  protobuf: true,
  prepare(name, _, bytes) {
    const type = typeOf<ProtobufTsType<object>>(protobufTsTypes, name);
    const message = type.fromBinary(bytes);
    const encode = () => type.toBinary(message);
    return { encode, decode: () => type.fromBinary(bytes), bytes: encode };
  },
};

const pbf: Codec = {
  id: "pbf",
  name: "pbf",
  packages: ["pbf"],
  protobuf: true,
  prepare(name, _, bytes) {
    const read = typeOf<(reader: PbfReader, end?: number) => object>(pbfTypes, `read${name}`);
    const write = typeOf<(message: object, writer: PbfWriter) => void>(pbfTypes, `write${name}`);
    const decode = () => read(new PbfReader(bytes));
    const message = decode();
    const encode = () => {
      const writer = new PbfWriter();
      write(message, writer);
      return writer.finish();
    };
    return { encode, decode, bytes: encode };
  },
};

const msgpackr: Codec = {
  id: "msgpackr",
  name: "msgpackr",
  packages: ["msgpackr"],
  protobuf: false,
  prepare(_, message) {
    const packr = new Packr({ useRecords: false });
    const bytes = Uint8Array.from(packr.pack(message));
    return { encode: () => packr.pack(message), decode: () => packr.unpack(bytes), bytes: () => bytes };
  },
};

const json: Codec = {
  id: "json",
  name: "JSON",
  packages: [],
  protobuf: false,
  prepare(name, message) {
    // 64-bit integers and bytes are strings already: turning them is not counted against JSON.
    const value = typeOf<{ toJSON(message: unknown): unknown }>(vertexTypes, name).toJSON(message);
    const bytes = Buffer.from(JSON.stringify(value));
    return {
      encode: () => Buffer.from(JSON.stringify(value)),
      decode: () => JSON.parse(bytes.toString()) as unknown,
      bytes: () => bytes,
    };
  },
};

export const peerCodecs: readonly Codec[] = [protobufjs, pbf, stock, protobufTs, protobufEs, msgpackr, json];
