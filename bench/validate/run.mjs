// What validation costs: `node bench/validate/run.mjs [rounds]`. Five messages, everything in one process, rounds
// interleaved, medians. Ratios are of times in the same run.
import { execFileSync } from "node:child_process";
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { createFileRegistry, fromBinary } from "@bufbuild/protobuf";
import { FileDescriptorSetSchema } from "@bufbuild/protobuf/wkt";

const here = dirname(fileURLToPath(import.meta.url));
const root = join(here, "../..");
const roundMs = 12;
const rounds = Number(process.argv[2] ?? 15);

const results = (await buildCases()).cases(registry()).map((one) => ({
  ...one,
  times: { decode: [], decodeAndValidate: [], validate: [], peer: [] },
}));
for (let round = -3; round < rounds; round++) {
  for (const { times, ...one } of results) {
    for (const kind of Object.keys(times)) {
      const nanos = time(one[kind]);
      if (round >= 0) times[kind].push(nanos);
    }
  }
}
print();

/** Built as the packages are built, so that what is measured is what ships. */
async function buildCases() {
  const out = join(here, "dist/cases.mjs");
  const flags = [
    "--bundle",
    "--platform=node",
    "--format=esm",
    "--target=node20",
    "--conditions=@vertex/source",
  ];
  const external = [
    "--external:@bufbuild/protobuf",
    "--external:@bufbuild/protovalidate",
    "--log-level=error",
  ];
  execFileSync(join(root, "node_modules/.bin/esbuild"), [
    join(here, "cases.ts"),
    ...flags,
    ...external,
    `--outfile=${out}`,
  ]);
  return import(pathToFileURL(out).href);
}

/** The schema as @bufbuild/protobuf wants it. */
function registry() {
  const folder = mkdtempSync(join(tmpdir(), "vertex-bench-"));
  try {
    mkdirSync(join(folder, "buf"));
    cpSync(join(root, "schema/buf"), join(folder, "buf"), { recursive: true });
    cpSync(join(here, "validate.proto"), join(folder, "validate.proto"));
    writeFileSync(join(folder, "buf.yaml"), "version: v2\n");
    const set = execFileSync(join(root, "node_modules/.bin/buf"), ["build", "--output=-#format=binpb"], {
      cwd: folder,
    });
    return createFileRegistry(fromBinary(FileDescriptorSetSchema, set));
  } finally {
    rmSync(folder, { recursive: true });
  }
}

/** Nanoseconds a call, over about `roundMs`. */
function time(run) {
  let calls = 0;
  let batch = 32;
  const begin = process.hrtime.bigint();
  const end = begin + BigInt(roundMs) * 1_000_000n;
  let now = begin;
  while (now < end) {
    for (let i = 0; i < batch; i++) run();
    calls += batch;
    if (batch < 512) batch *= 2;
    now = process.hrtime.bigint();
  }
  return Number(now - begin) / calls;
}

function median(values) {
  return values.toSorted((a, b) => a - b)[values.length >> 1];
}

function print() {
  const peer = JSON.parse(
    readFileSync(join(here, "../node_modules/@bufbuild/protovalidate/package.json"), "utf8"),
  );
  process.stdout.write(
    `Node ${process.version}, ${rounds} rounds of ${roundMs} ms; @bufbuild/protovalidate ${peer.version}\n\n`,
  );
  const lines = [
    ["message", "bytes", "read", "read and validated", "ratio", "validated", "protovalidate", "ratio"],
  ];
  for (const { name, bytes, times } of results) {
    const [decode, both, own, other] = [
      times.decode,
      times.decodeAndValidate,
      times.validate,
      times.peer,
    ].map(median);
    const nanos = (value) => `${value.toFixed(0)} ns`;
    const ratios = [both / decode, other / own].map((value) => `${value.toFixed(2)}x`);
    lines.push([
      name,
      String(bytes),
      nanos(decode),
      nanos(both),
      ratios[0],
      nanos(own),
      nanos(other),
      ratios[1],
    ]);
  }
  const widths = lines[0].map((_, column) => Math.max(...lines.map((line) => line[column].length)));
  for (const line of lines) {
    const cells = line.map((cell, column) =>
      column === 0 ? cell.padEnd(widths[0]) : cell.padStart(widths[column]),
    );
    process.stdout.write(`${cells.join("  ")}\n`);
  }
  process.stdout.write(
    "\nratios: reading with validation to reading; protovalidate's validation to Vertex's\n",
  );
}
