// Makes conversations for the session target: mostly what two sides may say, with some of what they may not.
//
//   setup ROLE        0 acceptor, 1 dialer, and then in this order:
//                     stated by the fuzzer: frame, message and initial credit bytes;
//                     of the session: frame, message, initial, call and connection credit bytes, its calls at once;
//                     stated by the fuzzer: calls at once
//   call ID METHOD FLAGS REMAINING =message       ID 0 is the next; METHOD is an index or a method id;
//                                                 FLAGS 0 none, 1 END, 2 MORE, 3 both
//   data BACK FLAGS FORCE =…, finish BACK, cancel BACK   for the fuzzer's calls, counted from the last one;
//                                                 FORCE 7 sends it beyond the credit and behind the end, too
//   answer BACK FLAGS KIND =…                     for the session's calls: KIND 0 DATA, 1 FINISH, 2 FAIL
//   credit BACK WHOSE BYTES                       WHOSE 0 the fuzzer's call, 1 the session's
//   frame KIND ID =…, bytes =…, pong N            anything
//   open KIND SIZE TIMEOUT, write N SIZE, end N, read N, leave N, abort N    the user on the session's side
//   congest BYTES, probe, drain GRACE, close, cut, turn, pass MS

import { Kind } from "@vertex/framing";
import { Failure, Goodbye } from "../../packages/protocol/src/gen/vertex/v1/control.ts";
import {
  Blob,
  CountdownRequest,
  FailRequest,
  HelloRequest,
  Line,
  ProduceRequest,
  SlowRequest,
  Tick,
  Total,
} from "../../test/gen/greeter.ts";
import { randomFrame } from "./frame-bytes.ts";
import { methods } from "./handlers.ts";
import { type Input, type Op, op } from "./input.ts";
import { mutateBytes } from "./mutate.ts";
import type { Random } from "./random.ts";

const some = (random: Random, most: number) => "y".repeat(random.size(most));

/** A message of any of the types that travel, whole. */
function message(random: Random): Uint8Array {
  const makers: readonly (() => Uint8Array)[] = [
    () => HelloRequest.encode({ name: some(random, 300) }).finish(),
    () => SlowRequest.encode({ waitMs: random.size(20_000), name: some(random, 9) }).finish(),
    () => CountdownRequest.encode({ from: random.size(24), intervalMs: random.size(900) }).finish(),
    () => Tick.encode({ n: random.bits() }).finish(),
    () => Line.encode({ text: random.oneIn(8) ? "enough" : some(random, 2_000) }).finish(),
    () => FailRequest.encode({ code: random.below(20), message: some(random, 80), retryAfterMs: 5 }).finish(),
    () => Blob.encode({ data: random.bytes(random.size(3_000)) }).finish(),
    () => ProduceRequest.encode({ count: random.size(24), size: random.size(5_000) }).finish(),
    () => Total.encode({ total: BigInt(random.bits()), count: 1 }).finish(),
    () => new Uint8Array(0),
  ];
  const bytes = random.pick(makers)();
  return bytes.length > 0 && random.oneIn(12) ? mutateBytes(bytes, random) : bytes;
}

/** A message cut in two: the first piece says how long the whole is, and means it, mostly. */
function pieces(random: Random): [Uint8Array, Uint8Array] {
  const whole = Blob.encode({ data: random.bytes(600 + random.size(2_000)) }).finish();
  const at = random.between(1, whole.length - 1);
  const total = random.oneIn(12) ? random.bits() : whole.length;
  const length = [total >>> 24, (total >>> 16) & 0xff, (total >>> 8) & 0xff, total & 0xff];
  return [Uint8Array.from([...length, ...whole.subarray(0, at)]), whole.slice(at)];
}

function remaining(random: Random): number {
  return random.pick([0xffffffff, 10_000, 10_000, 500, 20, 1, 0]);
}

function callOps(random: Random): Op[] {
  const method = random.oneIn(20) ? random.bits() : random.below(methods.length);
  const id = random.oneIn(20) ? random.size(40) : 0;
  if (random.oneIn(6)) {
    const [head, tail] = pieces(random);
    return [op("call", [id, method, 2, remaining(random)], head), op("data", [0, 1], tail)];
  }
  const streams = /stream|duplex/.test(methods[method]?.kind ?? "");
  const flags = streams && random.oneIn(2) ? 0 : 1;
  return [op("call", [id, method, flags, remaining(random)], flags === 0 ? undefined : message(random))];
}

function answerOps(random: Random): Op[] {
  const back = random.size(4);
  switch (random.below(6)) {
    case 0:
      return [op("answer", [back, 0, 1])];
    case 1: {
      const failure = {
        code: random.below(20),
        message: "no",
        outcome: 1,
        retryAfterMs: 0,
        details: [],
      } as const;
      return [
        op("answer", [back, 0, 2], Failure.encode({ ...failure, details: [], trailers: undefined }).finish()),
      ];
    }
    case 2: {
      const [head, tail] = pieces(random);
      return [op("answer", [back, 2, 0], head), op("answer", [back, random.below(2), 0], tail)];
    }
    default:
      return [op("answer", [back, random.pick([0, 1, 1]), 0], message(random))];
  }
}

function goodbye(random: Random): Op {
  const bytes = Goodbye.encode({
    lastCallId: random.pick([0, 1, 2, 5, 0xffffffff]),
    reason: random.pick([0, 1, 1, 1, 2, 7, 10]) as Goodbye["reason"],
    message: some(random, 40),
    timeLeftMs: random.size(10_000),
  }).finish();
  return op("frame", [Kind.GOAWAY, 0], bytes);
}

/** What may be said at any time. */
const makers: readonly (readonly [weight: number, make: (random: Random) => Op[]])[] = [
  [8, callOps],
  [
    6,
    (random) => [
      op("data", [random.size(4), random.pick([0, 0, 1, 2]), random.oneIn(60) ? 7 : 0], message(random)),
    ],
  ],
  [5, answerOps],
  [2, (random) => [op("finish", [random.size(4)])]],
  [2, (random) => [op("cancel", [random.size(4)])]],
  [
    4,
    (random) => [
      op("credit", [random.size(4), random.below(2), random.oneIn(40) ? 0 : 1 + random.size(0xffff)]),
    ],
  ],
  [1, (random) => [op("frame", [Kind.PING, 0], random.bytes(8))]],
  [1, (random) => (random.oneIn(8) ? [op("pong", [random.below(3)])] : [])],
  [1, (random) => (random.oneIn(4) ? [goodbye(random)] : [])],
  [1, (random) => (random.oneIn(4) ? [op("bytes", [], randomFrame(random))] : [])],
  [
    6,
    (random) => [op("open", [random.below(9), random.size(9_000), random.oneIn(3) ? random.size(9_000) : 0])],
  ],
  [4, (random) => [op("write", [random.size(4), random.size(200_000)])]],
  [2, (random) => [op("end", [random.size(4)])]],
  [4, (random) => [op("read", [random.size(4)])]],
  [1, (random) => [op("leave", [random.size(4)])]],
  [1, (random) => [op("abort", [random.size(4)])]],
  [9, () => [op("turn")]],
  [2, (random) => [op("pass", [random.size(12_000)])]],
  [2, (random) => [op("congest", [random.oneIn(2) ? 0 : random.size(2_000_000)])]],
  [1, (random) => (random.oneIn(4) ? [op("drain", [random.size(9_000)])] : [op("probe")])],
  [1, (random) => (random.oneIn(12) ? [op(random.pick(["close", "cut"]))] : [])],
];
const weights = makers.flatMap(([weight, make]) => new Array<(typeof makers)[0][1]>(weight).fill(make));

function setup(random: Random): Op {
  const large = random.oneIn(2);
  const bytes = (most: number) => (large ? most : random.size(most));
  const stated = [bytes(65_536), bytes(262_144), bytes(65_536)];
  const own = [bytes(65_536), bytes(262_144), bytes(65_536), bytes(65_536), bytes(262_144), bytes(64)];
  return op("setup", [random.below(2), ...stated, ...own, bytes(64)]);
}

/** A conversation. */
export function generateTalk(random: Random): Input {
  const ops = [setup(random)];
  for (let count = random.between(3, 40); count > 0; count--) ops.push(...random.pick(weights)(random));
  return ops;
}
