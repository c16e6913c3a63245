// The program under test, as the conformance runner wants it: requests on stdin, answers on stdout, each behind its
// length as four bytes, lowest first. Arguments: the directory of the generated code, and optionally a file that every
// binary request and its answer are appended to (vectors.ts).

import { appendFileSync, readSync, writeSync } from "node:fs";
import { type Codec, type ConformanceRequest, loadSuite } from "./codecs.ts";
import { vectorLine } from "./vectors.ts";

const BINARY = 1;
const [dir = "", record] = process.argv.slice(2);
const find = await loadSuite(dir);
const requests = find("conformance.ConformanceRequest") as Codec;
const responses = find("conformance.ConformanceResponse") as Codec;

for (let length = read(4); length !== null; length = read(4)) {
  const bytes = read(new DataView(length.buffer).getUint32(0, true));
  if (bytes === null) break;
  const result = answer(requests.decode(bytes) as ConformanceRequest);
  const response = responses.encode({ result }).finish();
  const head = new Uint8Array(4);
  new DataView(head.buffer).setUint32(0, response.length, true);
  write(head);
  write(response);
}

function answer({ payload, requestedOutputFormat, messageType }: ConformanceRequest): {
  $case: string;
  value: unknown;
} {
  // The first question: which failures are expected? None.
  if (messageType === "conformance.FailureSet") return { $case: "protobufPayload", value: new Uint8Array(0) };
  const codec = find(messageType);
  if (payload?.$case !== "protobufPayload" || requestedOutputFormat !== BINARY || codec === undefined)
    return { $case: "skipped", value: "binary to binary, proto2 and proto3" };
  const input = payload.value as Uint8Array;
  let message: unknown;
  try {
    message = codec.decode(input);
  } catch (error) {
    if (record !== undefined) appendFileSync(record, vectorLine(messageType, input, null));
    return { $case: "parseError", value: String(error) };
  }
  try {
    const output = codec.encode(message).finish();
    if (record !== undefined) appendFileSync(record, vectorLine(messageType, input, output));
    return { $case: "protobufPayload", value: output };
  } catch (error) {
    return { $case: "serializeError", value: String(error) };
  }
}

/** That many bytes, or null at the end of the input. */
function read(length: number): Uint8Array | null {
  const bytes = new Uint8Array(length);
  for (let at = 0; at < length; ) {
    const got = readSync(0, bytes, at, length - at, null);
    if (got === 0) return null;
    at += got;
  }
  return bytes;
}

function write(bytes: Uint8Array): void {
  for (let at = 0; at < bytes.length; ) at += writeSync(1, bytes, at);
}
