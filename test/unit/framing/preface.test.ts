import * as assert from "uvu/assert";
import { FrameDecoder } from "../../../packages/framing/src/decoder.ts";
import { FramingError } from "../../../packages/framing/src/framing-error.ts";
import {
  describeStranger,
  PREFACE,
  readPreface,
  writePreface,
} from "../../../packages/framing/src/preface.ts";
import { ascii } from "../../support/protocol/raw-peer.ts";
import { suite } from "../../support/suite.ts";
import { unhex } from "../../support/vectors.ts";

const preface = suite("the preface");
const stranger = suite("a stranger");

preface("is VRTX and the version of the frame format", () => {
  const buf = new Uint8Array(7);
  writePreface(buf, 1);
  assert.equal([...buf], [0, 0x56, 0x52, 0x54, 0x58, 1, 0]);
  assert.is(readPreface(buf, 1), 6);
  assert.is(PREFACE.length, 5);
});

preface("is refused with a byte changed, and another version is named", () => {
  for (let at = 0; at < 5; at++) {
    const buf = new Uint8Array(5);
    writePreface(buf, 0);
    buf[at] = 9;
    const wanted = at === 4 ? /speaks frame format 9, this side speaks 1/ : /does not speak Vertex/;
    assert.throws(
      () => readPreface(buf, 0),
      (error: unknown) =>
        error instanceof FramingError && error.code === "NOT_VERTEX" && wanted.test(error.message),
    );
  }
});

const tlsHello = unhex("16030100f8010000f40303");
const known: readonly [name: string, first: Uint8Array, words: RegExp][] = [
  ["GET", ascii("GET / HTTP/1.1\r\nHost: a\r\n\r\n"), /an HTTP request/],
  ["POST", ascii("POST /x HTTP/1.1\r\n\r\n"), /an HTTP request/],
  ["HEAD", ascii("HEAD / HTTP/1.1\r\n\r\n"), /an HTTP request/],
  ["PUT", ascii("PUT /x HTTP/1.1\r\n\r\n"), /an HTTP request/],
  ["DELETE", ascii("DELETE /x HTTP/1.1\r\n"), /an HTTP request/],
  ["OPTIONS", ascii("OPTIONS * HTTP/1.1\r\n"), /an HTTP request/],
  ["PATCH", ascii("PATCH /x HTTP/1.1\r\n"), /an HTTP request/],
  ["TRACE", ascii("TRACE / HTTP/1.1\r\n"), /an HTTP request/],
  ["HTTP/2", ascii("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"), /an HTTP\/2 preface/],
  ["an HTTP answer", ascii("HTTP/1.1 400 Bad Request\r\n"), /an HTTP response/],
  ["TLS", tlsHello, /a TLS hello: one side uses tls/],
  ["a TLS alert", unhex("15030100020246aa"), /a TLS alert/],
  ["SSH", ascii("SSH-2.0-OpenSSH_9.6\r\n"), /an SSH banner/],
  ["a NATS server", ascii('INFO {"server_id":"x"}\r\n'), /a NATS message/],
  ["a NATS client", ascii('CONNECT {"verbose":false}\r\n'), /a NATS message/],
  ["Redis", ascii("*1\r\n$4\r\nPING\r\n"), /a Redis message/],
  ["a longer Redis command", ascii("*5\r\n$3\r\nSET\r\n"), /a Redis message/],
  ["a Redis error", ascii("-ERR unknown command\r\n"), /a Redis message/],
  ["somebody else", unhex("0000000000000000"), /bytes of an unknown protocol/],
];

for (const [name, first, words] of known) {
  stranger(`is refused and named at its eighth byte: ${name}`, () => {
    assert.match(describeStranger(first), words);
    const decoder = new FrameDecoder({ frame: () => assert.unreachable("no frame") }, 16_384);
    decoder.push(first.subarray(0, 7));
    assert.throws(
      () => decoder.push(first.subarray(7, 8)),
      (error: unknown) =>
        error instanceof FramingError && error.code === "NOT_VERTEX" && words.test(error.message),
    );
    const whole = new FrameDecoder({ frame: () => assert.unreachable("no frame") }, 16_384);
    assert.throws(() => whole.push(first), words);
  });
}

stranger("is no longer looked for after the first frame", () => {
  const decoder = new FrameDecoder({ frame: () => {} }, 16_384);
  decoder.push(unhex("000000 04 00000001"));
  assert.throws(
    () => decoder.push(ascii("GET / HTTP/1.1\r\n")),
    (error: unknown) => error instanceof FramingError && error.code === "UNKNOWN_KIND",
  );
});

stranger("is not what a peer is called that says too much in its HELLO", () => {
  const decoder = new FrameDecoder({ frame: () => assert.unreachable("no frame") }, 16_384);
  assert.throws(
    () => decoder.push(unhex("004001 01 00000000")),
    (error: unknown) => error instanceof FramingError && error.code === "FRAME_TOO_LARGE",
  );
});
