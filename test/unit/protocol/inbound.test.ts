import * as assert from "uvu/assert";
import { Flag } from "../../../packages/framing/src/index.ts";
import { CreditPool, HeldBytes } from "../../../packages/protocol/src/credit.ts";
import { Inbound } from "../../../packages/protocol/src/inbound.ts";
import { Spares } from "../../../packages/protocol/src/spares.ts";
import { VertexError } from "../../../packages/protocol/src/vertex-error.ts";
import { concat, u32 } from "../../support/protocol/raw-peer.ts";
import { suite } from "../../support/suite.ts";

const test = suite("the receiving half of a call");

interface Rig {
  readonly inbound: Inbound;
  readonly pool: CreditPool;
  readonly sizes: number[];
  readonly grants: number[];
  data(flags: number, bytes: Uint8Array): void;
}

function rig(
  waiting: boolean,
  limits: Partial<Record<"initial" | "call" | "pool" | "message" | "held", number>> & {
    readonly alone?: boolean;
  } = {},
): Rig {
  const sizes: number[] = [];
  const grants: number[] = [];
  const held = new HeldBytes(limits.held);
  const pool = new CreditPool(limits.pool ?? 100_000, held);
  const link = {
    pool,
    held,
    spares: new Spares(10_000, held),
    initialCreditBytes: limits.initial ?? 1_000,
    callCreditBytes: limits.call ?? 2_000,
    isAlone: () => limits.alone === true,
    aloneCalls: 0,
    maxMessageBytes: limits.message ?? 5_000,
    grant: (_id: number, bytes: number) => grants.push(bytes),
  };
  const message = (_buf: Uint8Array, start: number, end: number, cost: number) => {
    sizes.push(end - start);
    if (waiting) inbound.consumed(cost);
  };
  const inbound = new Inbound(link, 1, { message }, waiting);
  return {
    inbound,
    pool,
    sizes,
    grants,
    data: (flags, bytes) => inbound.data(flags, bytes, 0, bytes.length),
  };
}

const breaks = (words: RegExp) => (error: unknown) =>
  error instanceof VertexError && error.family === "protocol" && words.test(error.message);
const tooLarge = (error: unknown) =>
  error instanceof VertexError && error.family === "status" && error.code === "RESOURCE_EXHAUSTED";
const first = (total: number, bytes: number) => concat(u32(total), new Uint8Array(bytes));

test("takes what fits the credit and refuses one byte more", () => {
  rig(false).data(0, new Uint8Array(1_000));
  assert.throws(
    () => rig(false).data(0, new Uint8Array(1_001)),
    breaks(/1001 message bytes.*credit of 1000/),
  );
});

test("counts a small frame as 256 bytes, down to a credit of -255 and no further", () => {
  const { data, sizes } = rig(false, { initial: 257 });
  data(0, new Uint8Array(1));
  data(0, new Uint8Array(256));
  assert.equal(sizes, [1, 256]);
  assert.throws(() => data(0, new Uint8Array(1)), breaks(/credit of -255/));
});

test("refuses an empty message too when there is no credit: a million of them would be held for nothing", () => {
  const { data, inbound, sizes } = rig(false, { initial: 512 });
  data(0, new Uint8Array(0));
  data(0, new Uint8Array(0));
  assert.throws(() => data(0, new Uint8Array(0)), breaks(/credit of 0/));
  assert.is(sizes.length, 2);
  assert.is(inbound.heldBytes, 512);
});

test("puts the pieces of a message together", () => {
  const { data, sizes, inbound } = rig(true);
  data(Flag.MORE, first(700, 300));
  assert.ok(inbound.partial);
  data(Flag.MORE, new Uint8Array(399));
  data(Flag.END, new Uint8Array(1));
  assert.not(inbound.partial);
  assert.equal(sizes, [700]);
  assert.is(inbound.heldBytes, 0);
});

test("takes a message in pieces whose first holds its length only, and one of a single last byte", () => {
  const { data, sizes } = rig(true);
  data(Flag.MORE, u32(1));
  data(0, new Uint8Array(1));
  assert.equal(sizes, [1]);
});

const malformed: readonly [
  sentence: string,
  frames: readonly (readonly [number, Uint8Array])[],
  words: RegExp,
][] = [
  ["a first piece without its length", [[Flag.MORE, new Uint8Array(3)]], /has no length/],
  ["a message of 0 bytes in pieces", [[Flag.MORE, u32(0)]], /past its stated length/],
  ["a message that is whole but goes on", [[Flag.MORE, first(10, 10)]], /past its stated length/],
  [
    "more bytes than stated",
    [
      [Flag.MORE, first(10, 9)],
      [0, new Uint8Array(2)],
    ],
    /longer than its stated/,
  ],
  [
    "fewer bytes than stated",
    [
      [Flag.MORE, first(10, 8)],
      [0, new Uint8Array(1)],
    ],
    /ended after 9/,
  ],
  [
    "an empty piece that promises more",
    [
      [Flag.MORE, first(10, 1)],
      [Flag.MORE, new Uint8Array(0)],
    ],
    /piece of a message is empty/,
  ],
];

for (const [sentence, frames, words] of malformed) {
  test(`refuses ${sentence}`, () => {
    const { data } = rig(true);
    assert.throws(() => {
      for (const [flags, bytes] of frames) data(flags, bytes);
    }, breaks(words));
  });
}

test("refuses a message over the limit at its first piece, and holds nothing of it", () => {
  rig(true).data(Flag.MORE, first(5_000, 10));
  const { data, sizes } = rig(true);
  assert.throws(() => data(Flag.MORE, first(5_001, 10)), tooLarge);
  assert.throws(() => rig(true).data(Flag.MORE, first(0xffffffff, 0)), tooLarge);
  assert.throws(() => rig(true, { message: 500 }).data(0, new Uint8Array(501)), tooLarge);
  assert.equal(sizes, []);
});

test("grants again when half of the window has been consumed", () => {
  const { data, grants } = rig(true, { initial: 2_000 });
  data(0, new Uint8Array(999));
  assert.equal(grants, []);
  data(0, new Uint8Array(300));
  assert.equal(grants, [1_099]);
});

test("grants whole messages of the last one's size, if that is one at least", () => {
  const { data, grants } = rig(true, { initial: 2_000 });
  for (let n = 0; n < 6; n++) data(0, new Uint8Array(600));
  // 800 bytes are left after two messages: 1,000 more make three whole ones, 1,200 would end inside the fourth.
  assert.equal(grants, [1_000, 1_200, 1_200]);
  const alone = rig(true, { initial: 2_000, call: 900 });
  alone.data(0, new Uint8Array(2_000));
  assert.equal(alone.grants, [900], "a window below the message is granted whole");
});

test("grants nothing to an application that does not take its messages, and all of it when it does", () => {
  const { data, grants, inbound } = rig(false, { initial: 1_000 });
  data(0, new Uint8Array(1_000));
  assert.equal(grants, []);
  assert.is(inbound.heldBytes, 1_000);
  inbound.consumed(1_000);
  assert.equal(grants, [2_000]);
});

test("grants four times as much to a call that is alone, once its reader has caught up", () => {
  const alone = rig(false, { alone: true });
  const take = () => {
    alone.data(0, new Uint8Array(1_000));
    alone.inbound.consumed(1_000);
  };
  take();
  assert.equal(alone.grants, [2_000], "the first as usual");
  take();
  assert.equal(alone.grants.slice(1), [1_000], "the reader has always had something to take");
  alone.inbound.expect(true);
  alone.inbound.expect(false);
  take();
  assert.equal(alone.grants.slice(2), [7_000]);
  for (let i = 0; i < 3; i++) take();
  assert.is(alone.grants.length, 3);
});

test("grants no more than usual when others come to the connection", () => {
  const limits = { alone: true };
  const { data, grants, inbound } = rig(false, limits);
  const take = () => {
    inbound.expect(true);
    data(0, new Uint8Array(1_000));
    inbound.expect(false);
    inbound.consumed(1_000);
  };
  take();
  take();
  assert.equal(grants, [2_000, 7_000]);
  limits.alone = false;
  for (let i = 0; i < 6; i++) take();
  assert.equal(grants.slice(2), [], "what it has is enough for now");
  take();
  assert.equal(grants.slice(2), [1_000]);
});

test("lets a message through that is larger than the window while the application waits for it", () => {
  const { data, grants, inbound } = rig(false, { initial: 300, call: 300, pool: 1 });
  inbound.expect(true);
  data(Flag.MORE, first(900, 296));
  let left = 900 - 296;
  for (let credit = 0; left > 0; ) {
    credit += grants.splice(0).reduce((sum, bytes) => sum + bytes, 0);
    assert.ok(credit > 0, `${left} bytes are left and there is no credit`);
    const bytes = Math.min(left, Math.max(256, credit));
    left -= bytes;
    credit -= Math.max(256, bytes);
    data(left > 0 ? Flag.MORE : 0, new Uint8Array(bytes));
  }
});

test("gives everything back to the pool when the call is over, and grants nothing any more", () => {
  const { data, grants, inbound, pool } = rig(false);
  data(0, new Uint8Array(1_000));
  inbound.consumed(1_000);
  assert.ok(pool.used > 0);
  inbound.close();
  inbound.close();
  assert.is(pool.used, 0);
  inbound.consumed(0);
  inbound.expect(true);
  assert.is(grants.length, 1);
});

test("uses the pool only beyond the call's own initial credit", () => {
  const { data, inbound, pool } = rig(false, { initial: 1_000, call: 1_000 });
  for (let n = 0; n < 10; n++) {
    data(0, new Uint8Array(1_000));
    inbound.consumed(1_000);
  }
  assert.is(pool.used, 0);
});
