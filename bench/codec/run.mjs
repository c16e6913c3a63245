// The codec benchmark: `node bench/codec/run.mjs [rounds] [message ...]`. Vertex's wire under ts-proto's code side by side with
// stock ts-proto and protobufjs's static code, all messages in one process, rounds interleaved, medians.
import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";

const here = dirname(fileURLToPath(import.meta.url));
const out = join(here, "dist", "cases.mjs");

// Built as the packages are built, so that what is measured is what ships.
execFileSync(join(here, "..", "..", "node_modules", ".bin", "esbuild"), [
  join(here, "cases.ts"),
  "--bundle",
  "--platform=node",
  "--format=esm",
  "--target=node20",
  "--conditions=@vertex/source",
  "--external:protobufjs",
  "--log-level=error",
  `--outfile=${out}`,
]);
const { cases } = await import(pathToFileURL(out).href);

const rounds = Number(process.argv[2] ?? 9);
const roundMs = 12;
const wanted = process.argv.slice(3);
const results = cases().filter((one) => wanted.length === 0 || wanted.includes(one.message));
for (const result of results) {
  for (const one of result.candidates) one.times = [];
}
for (let round = -3; round < rounds; round++) {
  for (const result of results) {
    for (const one of result.candidates) {
      const nanos = time(one.run);
      if (round >= 0) one.times.push(nanos);
    }
  }
}
print();

/** Nanoseconds a call, over about `roundMs`. */
function time(run) {
  let calls = 0;
  let batch = 64;
  const begin = process.hrtime.bigint();
  const end = begin + BigInt(roundMs) * 1_000_000n;
  let now = begin;
  while (now < end) {
    for (let i = 0; i < batch; i++) run();
    calls += batch;
    if (batch < 1024) batch *= 2;
    now = process.hrtime.bigint();
  }
  return Number(now - begin) / calls;
}

function median(values) {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[sorted.length >> 1];
}

function print() {
  const version = (name) => {
    const file = join(here, "..", "node_modules", name, "package.json");
    return JSON.parse(readFileSync(file, "utf8")).version;
  };
  console.log(
    `Node ${process.version}, ${rounds} rounds of ${roundMs} ms; ts-proto ${version("ts-proto")} on`,
  );
  console.log(
    `@bufbuild/protobuf ${version("@bufbuild/protobuf")}, protobufjs ${version("protobufjs")} static`,
  );
  for (const kind of ["encode", "decode"]) {
    const rows = results.filter((result) => result.kind === kind);
    const names = rows[0].candidates.map((one) => one.name);
    const sums = new Map();
    console.log(`\n${kind}, ns a message, and how many times as fast as stock ts-proto and protobufjs`);
    console.log(
      line(
        "message",
        names.flatMap((name) => [name, "/ stock", "/ pbjs"]),
      ),
    );
    for (const row of rows) {
      const at = new Map(row.candidates.map((one) => [one.name, median(one.times)]));
      const cells = names.flatMap((name) => {
        const versus = ["stock", "protobufjs"].map((peer) => at.get(peer) / at.get(name));
        sums.set(name, [...(sums.get(name) ?? []), versus]);
        return [at.get(name).toFixed(0), ...versus.map((ratio) => ratio.toFixed(2))];
      });
      console.log(line(row.message, cells));
    }
    const means = names.flatMap((name) => {
      const list = sums.get(name);
      const mean = (i) => Math.exp(list.reduce((sum, pair) => sum + Math.log(pair[i]), 0) / list.length);
      return ["", mean(0).toFixed(2), mean(1).toFixed(2)];
    });
    console.log(line("geometric mean", means));
  }
}

function line(head, cells) {
  return head.padEnd(16) + cells.map((cell) => String(cell).padStart(11)).join("");
}
