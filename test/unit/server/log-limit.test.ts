// What peers can cause does not fill the log, and nothing of it is forgotten.
import * as assert from "uvu/assert";
import type { LogEntry } from "../../../packages/protocol/src/log.ts";
import { Loop } from "../../../packages/protocol/src/loop.ts";
import { Sweeper } from "../../../packages/protocol/src/sweeper.ts";
import { LOGGED_A_SECOND, LogLimit } from "../../../packages/server/src/log-limit.ts";
import { Server } from "../../../packages/server/src/server.ts";
import { ManualEnvironment } from "../../support/protocol/manual-environment.ts";
import { ascii, RawPeer } from "../../support/protocol/raw-peer.ts";
import { suite } from "../../support/suite.ts";

const test = suite("a log with a limit");

function rig() {
  const env = new ManualEnvironment();
  const lines: string[] = [];
  const limit = new LogLimit(env.clock, ({ message }) => lines.push(message));
  const say = (kind: string, times: number, from = 1) => {
    const entry: LogEntry = { level: "warn", event: kind, message: "" };
    for (let n = from; n < from + times; n++) limit.say(kind, { ...entry, message: `${kind} ${n}` });
  };
  return { env, lines, limit, say };
}

test("writes so many of a kind in a second, and then how many more there were", async () => {
  const { env, lines, say } = rig();
  say("a", LOGGED_A_SECOND);
  say("b", 1);
  assert.is(lines.length, LOGGED_A_SECOND + 1);
  await env.advance(900);
  say("a", 500, 11);
  assert.is(lines.length, LOGGED_A_SECOND + 1);
  await env.advance(100);
  assert.is(lines.at(-1), "and 500 more, the last: a 510");
  say("a", 1, 900);
  assert.is(lines.at(-1), "a 900");
  assert.is(lines.length, LOGGED_A_SECOND + 3);
});

test("says nothing more where nothing was left out, and sets no timer", async () => {
  const { env, lines, say, limit } = rig();
  for (let second = 0; second < 5; second++) {
    say("a", LOGGED_A_SECOND);
    await env.advance(1_000);
  }
  limit.flush();
  assert.is(lines.length, 5 * LOGGED_A_SECOND);
});

test("says what was left out when it is flushed, once", () => {
  const { lines, say, limit } = rig();
  say("a", LOGGED_A_SECOND + 2);
  limit.flush();
  limit.flush();
  assert.is(lines.length, LOGGED_A_SECOND + 1);
  assert.is(lines.at(-1), "and 2 more, the last: a 12");
});

test("stands before a server's log: a thousand bad peers are a few lines, and are counted all", async () => {
  const env = new ManualEnvironment();
  const lines: string[] = [];
  const host = { loop: new Loop(env), sweeper: new Sweeper(env.clock) };
  const server = new Server({ log: ({ event, message }) => lines.push(`${event} ${message}`) }, host);
  for (let i = 0; i < 1_000; i++) {
    const peer = new RawPeer();
    server.accept(peer);
    if (i % 2 === 0) peer.sendBytes(ascii("SSH-2.0-x\r\n"));
    else {
      peer.hello();
      await env.settle();
      peer.credit(99, 0);
    }
  }
  const { PROTOCOL_ERROR: broken = 0, NOT_VERTEX: strangers = 0 } = server.stats().ended;
  assert.equal([strangers, broken], [500, 500]);
  assert.is(lines.length, 2 * LOGGED_A_SECOND);
  await server.shutdown({ graceMs: 0 });
  assert.is(lines.filter((line) => line.startsWith("connection-dismissed and 490 more")).length, 2);
  assert.is(lines.length, 2 * LOGGED_A_SECOND + 3);
});
