// The handshake of a session, frame by frame (opening.ts, handshake.ts).
import * as assert from "uvu/assert";
import { Kind } from "../../../packages/framing/src/index.ts";
import { Welcome } from "../../../packages/protocol/src/gen/vertex/v1/control.ts";
import { VertexError } from "../../../packages/protocol/src/vertex-error.ts";
import { accepted, gate, type RawLab, strangers } from "../../support/protocol/lab.ts";
import { echo, note } from "../../support/protocol/lab-service.ts";
import {
  ascii,
  concat,
  frameBytes,
  goodbyeOf,
  goodbyePayload,
  helloPayload,
  welcomePayload,
} from "../../support/protocol/raw-peer.ts";
import { suite } from "../../support/suite.ts";

const acceptor = suite("an acceptor in the handshake");
async function endOf({ env, peer, side }: RawLab): Promise<string> {
  await env.settle();
  assert.is(side.session.state, "closed");
  assert.ok(peer.ended, "the transport is ended");
  const last = peer.take().at(-1);
  if (last !== undefined && last.kind === Kind.GOAWAY) assert.is(goodbyeOf(last).lastCallId, 0);
  return `${side.end.reason} by ${side.end.by}${last === undefined ? "" : `, said ${last.name}`}`;
}

acceptor("answers HELLO with WELCOME: its limits, the agreed heartbeat, its services", async () => {
  const lab = strangers("acceptor", { options: { maxFrameBytes: 2_048, heartbeatIntervalMs: 1_000 } });
  lab.peer.hello({ name: "ada", heartbeat: { intervalMs: 1_500, timeoutMs: 0 } });
  await lab.env.settle();
  const frame = lab.peer.one(Kind.WELCOME);
  assert.equal([...frame.payload.subarray(0, 5)], [0x56, 0x52, 0x54, 0x58, 1]);
  const welcome = Welcome.decode(frame.payload.subarray(5));
  assert.is(welcome.version, 1);
  assert.is(welcome.limits?.maxFrameBytes, 2_048);
  assert.equal(welcome.heartbeat, { intervalMs: 1_500, timeoutMs: 10_000 });
  assert.equal(welcome.services, [{ name: "lab.Lab", fingerprint: 0x5eed }]);
  assert.equal(lab.side.said, ["opened"]);
  assert.equal([lab.side.session.state, lab.side.session.peer.name], ["ready", "ada"]);
});

acceptor("takes a HELLO that comes byte by byte", async () => {
  const lab = strangers("acceptor");
  for (const byte of frameBytes({ kind: Kind.HELLO, payload: helloPayload() }))
    lab.peer.sendBytes(new Uint8Array([byte]));
  await lab.env.settle();
  lab.peer.one(Kind.WELCOME);
});

acceptor("keeps 256 characters of a name", async () => {
  const lab = await accepted();
  assert.is(lab.side.session.peer.name, "raw");
  const long = strangers("acceptor");
  long.peer.hello({ name: "n".repeat(5_000) });
  assert.is(long.side.session.peer.name.length, 256);
});

acceptor("takes a limit of 0 for the floor", async () => {
  const lab = await accepted({ handlers: { echo: () => ({ text: "x".repeat(3_000) }) } });
  lab.peer.call(1, { methodId: echo.id, message: note("a") }, 0x80);
  await lab.env.settle();
  assert.is(lab.peer.take().length, 1);
  const small = strangers("acceptor", { handlers: { echo: () => ({ text: "x".repeat(3_000) }) } });
  small.peer.hello({ limits: undefined });
  small.peer.call(1, { methodId: echo.id, message: note("a") }, 0x80);
  await small.env.settle();
  const [, failure] = small.peer.words();
  assert.is(failure, "FAIL 1", "the answer is over the floor of 1,024 bytes");
});

const refused: readonly [sentence: string, bytes: () => Uint8Array, end: string][] = [
  ["an HTTP request", () => ascii("GET / HTTP/1.1\r\n\r\n"), "NOT_VERTEX by here, said GOAWAY"],
  [
    "a frame of another preface",
    () => frameBytes({ kind: 1, payload: concat(ascii("VRTQ"), new Uint8Array([1])) }),
    "NOT_VERTEX by here, said GOAWAY",
  ],
  [
    "another frame format",
    () => frameBytes({ kind: 1, payload: concat(ascii("VRTX"), new Uint8Array([2])) }),
    "NOT_VERTEX by here, said GOAWAY",
  ],
  [
    "a HELLO that is not protobuf",
    () => frameBytes({ kind: 1, payload: concat(ascii("VRTX"), new Uint8Array([1, 0x0a, 0xff])) }),
    "PROTOCOL_ERROR by here, said GOAWAY",
  ],
  [
    "versions that are all too new",
    () => frameBytes({ kind: 1, payload: helloPayload({ minVersion: 2, maxVersion: 3 }) }),
    "VERSION by here, said GOAWAY",
  ],
  [
    "versions that are all too old",
    () => frameBytes({ kind: 1, payload: helloPayload({ minVersion: 0, maxVersion: 0 }) }),
    "VERSION by here, said GOAWAY",
  ],
  [
    "a HELLO over 16 KiB",
    () => frameBytes({ kind: 1, payload: helloPayload({ name: "n".repeat(16_384) }) }),
    "PROTOCOL_ERROR by here, said GOAWAY",
  ],
  [
    "WELCOME",
    () => frameBytes({ kind: 2, payload: welcomePayload() }),
    "PROTOCOL_ERROR by here, said GOAWAY",
  ],
  [
    "a CALL before HELLO",
    () => frameBytes({ kind: 3, id: 1, payload: new Uint8Array(10) }),
    "PROTOCOL_ERROR by here, said GOAWAY",
  ],
  [
    "a PING before HELLO",
    () => frameBytes({ kind: 9, payload: new Uint8Array(8) }),
    "PROTOCOL_ERROR by here, said GOAWAY",
  ],
  [
    "a second HELLO",
    () =>
      concat(
        frameBytes({ kind: 1, payload: helloPayload() }),
        frameBytes({ kind: 1, payload: helloPayload() }),
      ),
    "PROTOCOL_ERROR by here, said GOAWAY",
  ],
];

for (const [sentence, bytes, end] of refused) {
  acceptor(`dismisses ${sentence}`, async () => {
    const lab = strangers("acceptor");
    lab.peer.sendBytes(bytes());
    assert.is(await endOf(lab), end);
  });
}

acceptor("takes a range of versions that has its own in it", async () => {
  const lab = strangers("acceptor");
  lab.peer.hello({ minVersion: 0, maxVersion: 9 });
  await lab.env.settle();
  lab.peer.one(Kind.WELCOME);
});

acceptor("serves calls that came right behind HELLO, in the same chunk", async () => {
  const lab = strangers("acceptor");
  lab.peer.send(
    { kind: Kind.HELLO, payload: helloPayload() },
    {
      kind: Kind.CALL,
      flags: 0x80,
      id: 1,
      payload: concat(new Uint8Array([0x10, 0, 0, 1, 0, 0, 0, 99, 0, 0]), note("a")),
    },
  );
  await lab.env.settle();
  assert.equal(lab.peer.words(), ["WELCOME 0", "DATA|END 1"]);
});

acceptor("gives up a dialer that does not say HELLO in time", async () => {
  const lab = strangers("acceptor", { options: { handshakeTimeoutMs: 500 } });
  await lab.env.advance(400);
  lab.peer.sendBytes(new Uint8Array([0]));
  await lab.env.advance(200);
  assert.is(await endOf(lab), "HANDSHAKE_TIMEOUT by here, said GOAWAY");
});

acceptor("knows who a dialer is from what authenticate returns", async () => {
  const seen: unknown[] = [];
  const lab = await accepted({
    authenticate: (peer) => {
      seen.push(peer.credentials, peer.name);
      return { user: "ada" };
    },
  });
  assert.equal(lab.side.session.peer.identity, { user: "ada" });
  assert.equal(seen, [undefined, "raw"]);
});

acceptor(
  "dismisses a dialer whom authenticate refuses, without its reasons unless it made them public",
  async () => {
    const reasons: readonly [unknown, string][] = [
      [new Error("SELECT failed on db7"), "the credentials were refused"],
      [new VertexError("UNAUTHENTICATED", "token expired"), "token expired"],
    ];
    for (const [reason, told] of reasons) {
      for (const late of [false, true]) {
        const lab = strangers("acceptor", {
          authenticate: () => {
            if (late) return Promise.reject(reason);
            throw reason;
          },
        });
        lab.peer.hello();
        await lab.env.settle();
        const goodbye = goodbyeOf(lab.peer.one(Kind.GOAWAY));
        assert.is(goodbye.message, told);
        assert.is(lab.side.end.reason, "UNAUTHENTICATED");
      }
    }
  },
);

acceptor("holds early calls back while authenticate decides, and stops reading", async () => {
  const verdict = gate<string>();
  const requests: string[] = [];
  const lab = strangers("acceptor", {
    authenticate: () => verdict.promise,
    handlers: {
      echo: (request, context) => {
        requests.push(`${request.text} for ${String(context.peer.identity)}`);
        return request;
      },
    },
  });
  lab.peer.hello();
  lab.peer.call(1, { methodId: echo.id, message: note("a") }, 0x80);
  lab.peer.call(3, { methodId: echo.id, message: note("b") }, 0x80);
  lab.peer.send({ kind: Kind.PING, payload: new Uint8Array(8).fill(5) });
  await lab.env.settle();
  assert.ok(lab.peer.paused);
  assert.equal(requests, []);
  assert.equal(lab.peer.words(), []);
  verdict.resolve("ada");
  await lab.env.settle();
  assert.equal(requests, ["a for ada", "b for ada"]);
  assert.equal(lab.peer.words(), ["WELCOME 0", "DATA|END 1", "DATA|END 3", "PONG 0"]);
  assert.not(lab.peer.paused);
});

acceptor("runs no early call of a dialer that is refused in the end", async () => {
  const verdict = gate<string>();
  let ran = 0;
  const lab = strangers("acceptor", { authenticate: () => verdict.promise, handlers: { echo: () => ran++ } });
  lab.peer.hello();
  lab.peer.call(1, { methodId: echo.id, message: note("a") }, 0x80);
  verdict.reject(new Error("no"));
  assert.is(await endOf(lab), "UNAUTHENTICATED by here, said GOAWAY");
  assert.is(ran, 0);
});

acceptor("awaits promises of every make: one that refuses is no identity", async () => {
  // biome-ignore lint/suspicious/noThenProperty: a promise of another make is the point
  const thenable = { then: (_yes: unknown, no: (error: Error) => void) => no(new Error("refused")) };
  const lab = strangers("acceptor", { authenticate: () => thenable });
  lab.peer.hello();
  assert.is(await endOf(lab), "UNAUTHENTICATED by here, said GOAWAY");
});

acceptor("dismisses a dialer that sends too much while authenticate decides", async () => {
  const lab = strangers("acceptor", { authenticate: () => new Promise(() => {}) });
  lab.peer.hello();
  const ping = { kind: Kind.PING, payload: new Uint8Array(8) };
  lab.peer.send(...Array.from({ length: 129 }, () => ping));
  assert.is(await endOf(lab), "LIMIT by here, said GOAWAY");
});

acceptor(
  "does not come back to life when authenticate decides after the timeout, or after the link",
  async () => {
    for (const lost of [false, true]) {
      const verdict = gate<string>();
      const lab = strangers("acceptor", { authenticate: () => verdict.promise });
      lab.peer.hello();
      if (lost) lab.peer.lose();
      else await lab.env.advance(5_200);
      assert.is(lab.side.end.reason, lost ? "LINK_LOST" : "HANDSHAKE_TIMEOUT");
      lab.peer.take();
      verdict.resolve("ada");
      await lab.env.settle();
      assert.equal(lab.peer.words(), []);
      assert.equal(lab.side.said, ["closed"]);
      assert.is(lab.side.session.state, "closed");
    }
  },
);

acceptor("ends when the dialer says goodbye instead of HELLO", async () => {
  const lab = strangers("acceptor");
  lab.peer.send({ kind: Kind.GOAWAY, payload: goodbyePayload({ reason: 1, message: "changed my mind" }) });
  assert.is(await endOf(lab), "SHUTDOWN by peer");
});
