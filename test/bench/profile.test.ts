import * as assert from "uvu/assert";
import { profilerStarts } from "../../bench/src/measure/profile.ts";
import { placeOf, spentOf } from "../../bench/src/process/profile.ts";
import { profileTables, sharesOf } from "../../bench/src/report/profile-table.ts";
import { suite } from "../support/suite.ts";

const test = suite("bench profile");

/** Frames by name and file, each with the microseconds of its samples. */
const frames: readonly (readonly [name: string, url: string, ...micros: number[]])[] = [
  ["(root)", ""],
  ["(program)", "", 100, 50],
  ["(idle)", "", 5_000],
  ["(garbage collector)", "", 50],
  ["dispatch", "", 9_000],
  ["writeBuffer", "", 150],
  ["onStreamRead", "node:internal/stream_base_commons", 50],
  ["push", "file:///home/x/packages/framing/dist/index.js", 100],
  ["call", "file:///home/x/packages/protocol/dist/chunk-ABC.js", 200],
  ["decode", "file:///home/x/bench/gen/bench.ts", 200],
  ["", "file:///home/x/bench/dist/server.js", 100],
];
const recorded = {
  nodes: frames.map(([functionName, url], id) => ({
    id,
    callFrame: { functionName, url, scriptId: url, lineNumber: 1, columnNumber: 1 },
  })),
  startTime: 0,
  endTime: 15_000,
  samples: frames.flatMap(([, , ...micros], id) => micros.map(() => id)),
  timeDeltas: frames.flatMap(([, , ...micros]) => micros),
};

test("a profile is grouped into places, and waiting and the profiler itself are left out", () => {
  const shares = sharesOf(spentOf(recorded), ({ place }) => place);
  assert.equal(Object.fromEntries(shares), {
    "the kernel and Node's native code": 0.3,
    "garbage collection": 0.05,
    "Node's JavaScript": 0.05,
    "packages/framing": 0.1,
    "packages/protocol": 0.2,
    "generated code": 0.2,
    "the benchmark": 0.1,
  });
});

test("a function's samples are added up, and who takes most comes first", () => {
  const spent = spentOf(recorded);
  assert.equal(
    spent.find(({ name }) => name === "(program)"),
    { name: "(program)", place: "the kernel and Node's native code", micros: 150 },
  );
  const micros = spent.map((each) => each.micros);
  assert.equal(
    micros,
    micros.slice().sort((a, b) => b - a),
  );
  assert.ok(spent.some(({ name }) => name === "(anonymous)"));
});

test("a frame has the place of its source, where that is known", () => {
  const [first] = spentOf(recorded, () => "../gen/bench.ts");
  assert.is(first?.place, "generated code");
  assert.is(placeOf("encode", "../src/load/flood.ts"), "the benchmark");
  assert.is(placeOf("encode", "file:///x/packages/wire/src/writer.ts"), "packages/wire");
});

test("shares and what they are of a call, beside a yardstick that was only counted", () => {
  const [places, functions] = profileTables({
    title: "calls",
    unit: "µs a call",
    subjects: [
      { name: "Vertex", micros: 10, systemMicros: 4, spent: spentOf(recorded) },
      { name: "bare net", micros: 5, systemMicros: 4, spent: undefined },
    ],
  });
  assert.equal(places?.lines[0], ["the kernel and Node's native code", "30.0 %", "3.00", "", ""]);
  assert.equal(places?.lines.at(-2), ["all", "100.0 %", "10.0", "100.0 %", "5.00"]);
  assert.equal(places?.lines.at(-1), [
    "of all, in the kernel (system CPU time)",
    "40.0 %",
    "4.00",
    "80.0 %",
    "4.00",
  ]);
  assert.equal(functions?.columns, ["function", "place", "Vertex"]);
  assert.equal(functions?.lines[0], ["`call`", "packages/protocol", "20.0 %"]);
});

for (const [how, answer, expected] of [
  ["answers", () => Promise.resolve(), true],
  ["answers late", () => new Promise((resolve) => setTimeout(resolve, 20)), true],
  ["refuses, as Node without an inspector", () => Promise.reject(new Error("no inspector")), false],
  ["hangs, as V8 has been seen to", () => new Promise(() => {}), false],
] as const) {
  test(`a process that ${how} when it is asked to start its profiler ${expected ? "has" : "costs"} a profile`, async () => {
    const child = { ask: <T>() => answer() as Promise<T> };
    assert.is(await profilerStarts(child, expected ? 60_000 : 30), expected);
  });
}
