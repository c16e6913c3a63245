import { BinaryReader, BinaryWriter } from "@vertex/wire";
import * as assert from "uvu/assert";
import { rawCodec, rawMethod } from "../../../packages/protocol/src/raw.ts";
import { Router } from "../../../packages/protocol/src/router.ts";
import { Greeter } from "../../gen/greeter.ts";
import { suite } from "../../support/suite.ts";

const test = suite("messages as bytes");

test("are copies of a buffer that goes on being used, and views of one that nobody else has", () => {
  const buf = Uint8Array.of(9, 1, 2, 3, 9);
  const reader = new BinaryReader(buf);
  reader.reset(buf, 1, 4);
  const copy = rawCodec.decode(reader);
  assert.equal([copy, reader.pos], [Uint8Array.of(1, 2, 3), 4]);
  assert.is.not(copy.buffer, buf.buffer);
  reader.reset(buf, 1, 4);
  reader.borrowFromByteCount = 1;
  assert.is(rawCodec.decode(reader).buffer, buf.buffer);
  assert.equal(rawCodec.encode(copy, new BinaryWriter()).finish(), copy);
});

test("have a method like their own, but for what it knows of their types", () => {
  const { slow } = Greeter.methods;
  const raw = rawMethod({ ...slow, worker: true } as never);
  assert.equal(
    [raw.path, raw.id, raw.kind, raw.timeoutMs, raw.request, raw.worker],
    [slow.path, slow.id, slow.kind, 2_000, rawCodec, undefined],
  );
});

test("go where a router is told to forward them, which no handler is wanted for", () => {
  const router = new Router();
  const seen: unknown[] = [];
  const names = new Set(Object.keys(Greeter.methods));
  router.add(Greeter, {} as never, { names, invoke: (method, request) => seen.push(method.path, request) });
  const registration = router.find(Greeter.methods.hello.id);
  assert.is(registration?.method.request, rawCodec);
  registration?.invoke(Uint8Array.of(1), {} as never);
  assert.equal(seen, [Greeter.methods.hello.path, Uint8Array.of(1)]);
});
