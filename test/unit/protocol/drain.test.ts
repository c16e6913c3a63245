import * as assert from "uvu/assert";
import { Drain } from "../../../packages/protocol/src/drain.ts";
import { Goodbye } from "../../../packages/protocol/src/gen/vertex/v1/control.ts";
import { ManualEnvironment } from "../../support/protocol/manual-environment.ts";
import { suite } from "../../support/suite.ts";

const test = suite("a drain");

const ANY_CALL = 0xffffffff;

interface Rig {
  readonly env: ManualEnvironment;
  readonly drain: Drain;
  /** Calls that are open, of this side and of the other. */
  readonly open: { own: number; others: number };
  /** What was said and done, in order. */
  readonly said: string[];
  /** The other side answers the PING. */
  confirm(): void;
}

/** A drain whose session says what it is told. The highest call id of the other side is 7. */
function rig(): Rig {
  const env = new ManualEnvironment();
  const open = { own: 0, others: 0 };
  const said: string[] = [];
  let confirm = () => {};
  const host = {
    loop: { clock: env.clock, later: (callback: () => void) => env.later(callback) },
    get openCalls() {
      return open.own;
    },
    get runningCalls() {
      return open.others;
    },
    ping(answered: () => void) {
      said.push("PING");
      confirm = answered;
    },
    close: (reason: string, message: string) => void said.push(`close ${reason}: ${message}`),
  };
  const sender = {
    goaway(payload: Uint8Array) {
      const { lastCallId, message, timeLeftMs } = Goodbye.decode(payload);
      said.push(`GOAWAY ${lastCallId === ANY_CALL ? "any" : lastCallId}, ${timeLeftMs} ms: ${message}`);
    },
  };
  const serving = { lastId: 7, refuseNew: () => void said.push("refuse new calls") };
  return { env, drain: new Drain(host, sender, serving), open, said, confirm: () => confirm() };
}

const announcement = ["GOAWAY any, 5000 ms: deploy", "PING"];
const lastWord = (leftMs: number) => ["refuse new calls", `GOAWAY 7, ${leftMs} ms: closing down`];
const inOrder = "close SHUTDOWN: closed in order";
const cutOff = "close SHUTDOWN: the time to finish was up";

test("that this side asks for is announced, confirmed, and over when nothing is open", () => {
  const { env, drain, open, said, confirm } = rig();
  open.others = 2;
  assert.not(drain.announced);
  drain.announce(5_000, 1_000, "deploy");
  assert.ok(drain.announced);
  assert.equal(said.splice(0), announcement);
  env.jump(40);
  confirm();
  assert.equal(said.splice(0), lastWord(4_960));
  open.others = 0;
  open.own = 1;
  drain.endIfDone();
  assert.equal(said, [], "a call of this side is open");
  open.own = 0;
  drain.endIfDone();
  assert.equal(said, [inOrder]);
});

test("takes calls until it is confirmed, though none is open", () => {
  const { drain, said, confirm } = rig();
  drain.announce(5_000, 1_000, "deploy");
  drain.endIfDone();
  drain.heard(3);
  drain.endIfDone();
  assert.equal(said.splice(0), announcement);
  confirm();
  assert.equal(said, [...lastWord(5_000), inOrder]);
});

test("goes on without a confirmation when its time is up, and takes a late one for nothing", () => {
  const { env, drain, open, said, confirm } = rig();
  open.others = 1;
  drain.announce(5_000, 1_000, "deploy");
  drain.check(env.now + 999);
  assert.equal(said.splice(0), announcement);
  env.jump(1_000);
  drain.check(env.now);
  assert.equal(said.splice(0), lastWord(4_000));
  confirm();
  drain.check(env.now);
  assert.equal(said, []);
});

test("cuts off what still runs when the time to finish is up, confirmed or not", () => {
  for (const confirmed of [true, false]) {
    const { env, drain, open, said, confirm } = rig();
    open.others = 1;
    drain.announce(5_000, 9_000, "deploy");
    if (confirmed) confirm();
    said.length = 0;
    drain.check(env.now + 4_999);
    assert.equal(said, []);
    drain.check(env.now + 5_000);
    assert.equal(said, [cutOff]);
  }
});

test("without a bound waits for what runs for ever", () => {
  const { env, drain, open, said, confirm } = rig();
  open.own = 1;
  drain.announce(Number.POSITIVE_INFINITY, 1_000, "the call ids are used up");
  confirm();
  assert.is(said.at(-1), "GOAWAY 7, 0 ms: closing down");
  drain.check(env.now + 1e9);
  assert.is(said.length, 4);
});

test("that the other side only announces waits for its last word, and is held to no time here", () => {
  const { env, drain, open, said } = rig();
  drain.heard(ANY_CALL);
  drain.endIfDone();
  drain.check(env.now + 1e9);
  assert.equal(said, []);
  assert.not(drain.announced);
  open.own = 1;
  drain.heard(5);
  drain.endIfDone();
  assert.equal(said, []);
  open.own = 0;
  drain.endIfDone();
  assert.equal(said, [inOrder]);
});

test("that both sides ask for needs no last word of the other", () => {
  const { drain, said, confirm } = rig();
  drain.heard(ANY_CALL);
  drain.announce(5_000, 1_000, "deploy");
  confirm();
  assert.is(said.at(-1), inOrder);
});

test("looks at the end of a call when the code that ends it is done", async () => {
  const { env, drain, open, said } = rig();
  drain.heard(5);
  open.own = 1;
  drain.callOver();
  open.own = 0;
  assert.equal(said, []);
  await env.settle();
  assert.equal(said, [inOrder]);
});
