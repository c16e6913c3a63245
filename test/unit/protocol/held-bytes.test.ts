// What a session says that it holds for the other side: the cost of messages that nobody has taken yet.
import * as assert from "uvu/assert";
import { gate, joined } from "../../support/protocol/lab.ts";
import { chat, collect, count, echo, noteTextOf } from "../../support/protocol/lab-service.ts";
import { suite } from "../../support/suite.ts";

const test = suite("the bytes that a session holds");

test("are those of answers that are not read yet, and none once they are", async () => {
  const { env, dialer, acceptor } = await joined();
  const reads = dialer.caller.serverStream(count, { text: "3" })[Symbol.asyncIterator]();
  await env.settle();
  assert.equal([dialer.session.heldBytes, acceptor.session.heldBytes], [0, 0], "the call is over");
  for (let n = 1; n <= 3; n++) assert.equal(await reads.next(), { done: false, value: { text: String(n) } });

  const open = dialer.caller.duplex(chat);
  const answers = open[Symbol.asyncIterator]();
  await env.settle();
  void open.write({ text: "" });
  void open.write({ text: noteTextOf(1_000) });
  await env.settle();
  assert.is(dialer.session.heldBytes, 256 + 1_000);
  await answers.next();
  assert.is(dialer.session.heldBytes, 1_000);
  await answers.next();
  assert.is(dialer.session.heldBytes, 0);
  open.cancel();
});

test("are those of requests that the handler has not read yet, until the call is over", async () => {
  const held = gate<void>();
  const slow = async () => {
    await held.promise;
    return { text: "" };
  };
  const { env, dialer, acceptor } = await joined({}, { handlers: { collect: slow } });
  const upload = dialer.caller.clientStream(collect);
  await env.settle();
  void upload.write({ text: noteTextOf(2_000) });
  void upload.write({ text: noteTextOf(3_000) });
  await env.settle();
  assert.is(acceptor.session.heldBytes, 5_000);
  upload.cancel();
  await env.settle();
  assert.is(acceptor.session.heldBytes, 0);
  held.resolve();
  await env.settle();
});

test("are not those of a request in pieces that its handler has, nor of one that is cut off", async () => {
  const held = gate<void>();
  const slow = async () => {
    await held.promise;
    return { text: "" };
  };
  const options = { initialCreditBytes: 300 };
  const { env, dialer, acceptor } = await joined({ options }, { options, handlers: { echo: slow } });
  const call = dialer.caller.unary(echo, { text: noteTextOf(5_000) });
  const failed = call.catch(() => {});
  await env.settle();
  assert.equal([acceptor.session.runningCalls, acceptor.session.heldBytes], [1, 0]);
  dialer.session.close("SHUTDOWN", "over");
  held.resolve();
  await failed;
  await env.settle();
});
