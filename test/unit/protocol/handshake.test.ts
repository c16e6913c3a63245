// The handshake of a session, frame by frame (opening.ts, handshake.ts).
import * as assert from "uvu/assert";
import { Kind } from "../../../packages/framing/src/index.ts";
import { Hello } from "../../../packages/protocol/src/gen/vertex/v1/control.ts";
import { agreeHeartbeat } from "../../../packages/protocol/src/handshake.ts";
import { type RawLab, strangers, watch } from "../../support/protocol/lab.ts";
import { echo } from "../../support/protocol/lab-service.ts";
import {
  ascii,
  goodbyeOf,
  goodbyePayload,
  helloPayload,
  welcomePayload,
} from "../../support/protocol/raw-peer.ts";
import { suite } from "../../support/suite.ts";

const dialer = suite("a dialer in the handshake");
const heartbeat = suite("the heartbeat that is agreed");

async function endOf({ env, peer, side }: RawLab): Promise<string> {
  await env.settle();
  assert.is(side.session.state, "closed");
  assert.ok(peer.ended, "the transport is ended");
  const last = peer.take().at(-1);
  if (last !== undefined && last.kind === Kind.GOAWAY) assert.is(goodbyeOf(last).lastCallId, 0);
  return `${side.end.reason} by ${side.end.by}${last === undefined ? "" : `, said ${last.name}`}`;
}

dialer("says HELLO first: preface, versions, limits, heartbeat, name, services", async () => {
  const lab = strangers("dialer", { options: { initialCreditBytes: 777, heartbeatTimeoutMs: 123 } });
  await lab.env.settle();
  const frame = lab.peer.one(Kind.HELLO);
  const hello = Hello.decode(frame.payload.subarray(5));
  assert.equal([hello.minVersion, hello.maxVersion, hello.name], [1, 1, "dialer"]);
  assert.is(hello.limits?.initialCreditBytes, 777);
  assert.equal(hello.heartbeat, { intervalMs: 15_000, timeoutMs: 123 });
  assert.is(hello.credentials, undefined);
  assert.is(hello.services[0]?.name, "lab.Lab");
});

dialer("opens calls once WELCOME is there, and measures the first round trip", async () => {
  const lab = strangers("dialer");
  const call = watch(lab.side.caller.unary(echo, { text: "a" }));
  await lab.env.advance(30);
  assert.equal(lab.peer.words(), ["HELLO 0"]);
  lab.peer.send({ kind: Kind.WELCOME, payload: welcomePayload() });
  await lab.env.settle();
  assert.equal(lab.peer.words(), ["CALL|END 1"]);
  assert.is(lab.side.session.roundTripMs, 30);
  assert.is(call.state, "pending");
});

const badAnswers: readonly [sentence: string, kind: number, payload: () => Uint8Array, end: string][] = [
  [
    "a version that it did not offer",
    2,
    () => welcomePayload({ version: 2 }),
    "VERSION by here, said GOAWAY",
  ],
  ["HELLO", 1, helloPayload, "PROTOCOL_ERROR by here, said GOAWAY"],
  ["PING", 9, () => new Uint8Array(8), "PROTOCOL_ERROR by here, said GOAWAY"],
  ["an HTTP answer", 0, () => new Uint8Array(0), "NOT_VERTEX by here, said GOAWAY"],
  ["GOAWAY", 11, () => goodbyePayload({ reason: 5, message: "full" }), "TOO_MANY_CONNECTIONS by peer"],
];

for (const [sentence, kind, payload, end] of badAnswers) {
  dialer(`ends when it is answered with ${sentence}`, async () => {
    const lab = strangers("dialer");
    await lab.env.settle();
    lab.peer.take();
    if (kind === 0) lab.peer.sendBytes(ascii("HTTP/1.1 400 Bad Request\r\n\r\n"));
    else lab.peer.send({ kind, payload: payload() });
    assert.is(await endOf(lab), end);
  });
}

dialer("gives up an acceptor that does not answer", async () => {
  const lab = strangers("dialer", { options: { handshakeTimeoutMs: 1_000 } });
  await lab.env.advance(1_100);
  assert.is(await endOf(lab), "HANDSHAKE_TIMEOUT by here, said GOAWAY");
});

dialer("refuses a second WELCOME", async () => {
  const lab = strangers("dialer");
  lab.peer.send({ kind: 2, payload: welcomePayload() }, { kind: 2, payload: welcomePayload() });
  assert.is(await endOf(lab), "PROTOCOL_ERROR by here, said GOAWAY");
});

heartbeat("is what the dialer proposes, between half and double of the acceptor's own", () => {
  const rows: readonly [proposed: number, own: number, agreed: number][] = [
    [0, 15_000, 15_000],
    [15_000, 15_000, 15_000],
    [7_500, 15_000, 7_500],
    [7_499, 15_000, 7_500],
    [1, 15_000, 7_500],
    [30_000, 15_000, 30_000],
    [30_001, 15_000, 30_000],
    [0xffffffff, 15_000, 30_000],
    [1, 15, 8],
  ];
  for (const [proposed, own, agreed] of rows)
    assert.is(agreeHeartbeat(proposed, own), agreed, `${proposed} to ${own}`);
});
