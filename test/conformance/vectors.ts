// What the conformance runner asked and which answers it took, one line each: the message's type, the bytes sent, and
// the bytes that came back, in base64, or "-" for a refusal. Compressed: the requests have much in common.

import { readFileSync, writeFileSync } from "node:fs";
import { brotliCompressSync, brotliDecompressSync, constants } from "node:zlib";

export interface Vector {
  readonly messageType: string;
  readonly input: Uint8Array;
  /** Null for bytes that are to be refused. */
  readonly output: Uint8Array | null;
}

const FILE = new URL("./vectors.br", import.meta.url);

/** One vector as a line. */
export function vectorLine(messageType: string, input: Uint8Array, output: Uint8Array | null): string {
  const base64 = (bytes: Uint8Array) => Buffer.from(bytes).toString("base64");
  return `${messageType} ${base64(input)} ${output === null ? "-" : base64(output)}\n`;
}

/** Replaces the vectors by `lines`. */
export function writeVectors(lines: string): number {
  const unique = [...new Set(lines.trimEnd().split("\n"))];
  const text = `${unique.join("\n")}\n`;
  const params = { [constants.BROTLI_PARAM_LGWIN]: 24, [constants.BROTLI_PARAM_SIZE_HINT]: text.length };
  writeFileSync(FILE, brotliCompressSync(text, { params }));
  return unique.length;
}

export function readVectors(): Vector[] {
  const bytes = (text = "") => Uint8Array.from(Buffer.from(text, "base64"));
  return brotliDecompressSync(readFileSync(FILE))
    .toString("latin1")
    .trimEnd()
    .split("\n")
    .map((line) => {
      const [messageType = "", input, output] = line.split(" ");
      return { messageType, input: bytes(input), output: output === "-" ? null : bytes(output) };
    });
}
