// What `option (vertex.v1.method) = { … }` says about a method. Descriptors carry it as an unknown field; its
// bytes are read here by hand, so that a schema which brings its own copy of options.proto cannot confuse us.

import { BinaryReader, WireType } from "@bufbuild/protobuf/wire";
import type { MethodOptions } from "@bufbuild/protobuf/wkt";

/** The field number of `vertex.v1.method` in google.protobuf.MethodOptions. */
const METHOD_EXTENSION = 51170;

/** The message `vertex.v1.MethodRules`. */
export interface MethodRules {
  readonly oneWay: boolean;
  /** `Infinity` for an endless method. */
  readonly timeoutMs: number | undefined;
  readonly endless: boolean;
  /** Full names of the messages that its failures carry. */
  readonly errors: readonly string[];
  /** Servers run it in a worker thread. */
  readonly worker: boolean;
}

/** The rules in `options`; all at their defaults if there are none. */
export function readMethodRules(options: MethodOptions | undefined): MethodRules {
  let oneWay = false;
  let timeoutMs: number | undefined;
  let endless = false;
  const errors: string[] = [];
  let worker = false;
  for (const field of options?.$unknown ?? []) {
    if (field.no !== METHOD_EXTENSION || field.wireType !== WireType.LengthDelimited) continue;
    const reader = new BinaryReader(new BinaryReader(field.data).bytes());
    while (reader.pos < reader.len) {
      const [number, wireType] = reader.tag();
      if (number === 1 && wireType === WireType.Varint) oneWay = reader.bool();
      else if (number === 2 && wireType === WireType.Varint) timeoutMs = reader.uint32();
      else if (number === 3 && wireType === WireType.Varint) endless = reader.bool();
      else if (number === 4 && wireType === WireType.LengthDelimited) errors.push(reader.string());
      else if (number === 5 && wireType === WireType.Varint) worker = reader.bool();
      else reader.skip(wireType, number);
    }
  }
  return { oneWay, timeoutMs, endless, errors, worker };
}
