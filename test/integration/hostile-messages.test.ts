// Messages that mean harm, sent to a running server: too deep, or with keys that every object has. THREATS: deep
// nesting, groups in unknown fields, pollution of prototypes. A canary calls all the while.

import { type Client, connect, VertexError } from "@vertex/client";
import type { AnyMethod, Codec, Method, Service } from "@vertex/protocol";
import { BinaryWriter } from "@vertex/protocol/gen";
import { createServer, type Server } from "@vertex/server";
import * as assert from "uvu/assert";
import { Maps, Scalars, Tree, WellKnown } from "../gen/kitchen_sink.ts";
import { suite } from "../support/suite.ts";

const test = suite("a message that means harm");

/** A codec whose requests are bytes as they are, for a client that would not write them. */
const asIs: Codec<Uint8Array> = {
  encode: (bytes, writer = new BinaryWriter()) => writer.raw(bytes),
  decode: () => new Uint8Array(0),
};

function method<T>(name: string, id: number, codec: Codec<T>): Method<T, T> {
  return {
    path: `harm.Harm/${name}`,
    id,
    kind: "unary",
    idempotency: "unknown",
    request: codec,
    response: codec,
  };
}

const methods = {
  tree: method("Tree", 0x2000_0001, Tree),
  maps: method("Maps", 0x2000_0002, Maps),
  known: method("Known", 0x2000_0003, WellKnown),
};
type Handlers = { readonly [K in keyof typeof methods]: (request: never) => unknown };

const service = (served: object): Service<Caller, Handlers> => ({
  name: "harm.Harm",
  fingerprint: 1,
  methods: served as { readonly [name: string]: AnyMethod },
  createClient: (caller) => caller,
});
type Caller = Parameters<Service<unknown, unknown>["createClient"]>[0];

const HOSTILE = ["__proto__", "constructor", "prototype", "toString", "hasOwnProperty", "valueOf"];

let server: Server;
let client: Client;
let caller: Caller;
/** What handlers were entered with. */
let entered: unknown[] = [];
/** What they answer. */
let answer = (request: unknown): unknown => request;
let before: string;
let canary: NodeJS.Timeout;
let closing = async (): Promise<void> => {};
let failures = 0;
let songs: Promise<void>[] = [];

const snapshot = () =>
  JSON.stringify(
    [Object.prototype, Array.prototype, Map.prototype, Function.prototype].map((each) =>
      Reflect.ownKeys(each).map(String),
    ),
  );

test.before(async () => {
  before = snapshot();
  const take = (request: unknown) => {
    entered.push(request);
    return answer(request);
  };
  server = createServer();
  server.handle(service(methods), { tree: take, maps: take, known: take });
  const address = await server.listen("tcp://127.0.0.1:0");
  client = connect(address);
  caller = client.use(service(methods));
  const singer = connect(address);
  const sing = async () => {
    const { label } = await singer
      .use(service(methods))
      .unary(methods.tree, Tree.create({ label: "canary" }));
    if (label !== "canary") throw new Error(label);
  };
  canary = setInterval(() => songs.push(sing().catch(() => void failures++)), 5);
  closing = () => singer.close();
});
test.after(async () => {
  clearInterval(canary);
  await Promise.all(songs);
  await Promise.all([client.close(), closing()]);
  await server.shutdown();
});
test.before.each(() => {
  entered = [];
  answer = (request) => request;
  songs = [];
});
test.after.each(async () => {
  await Promise.all(songs);
  assert.is(failures, 0, "the canary");
  assert.is(snapshot(), before);
});

/** What the server says to these bytes as a request of `of`. */
async function verdict(of: Method<never, never>, bytes: Uint8Array): Promise<string> {
  try {
    await caller.unary({ ...of, request: asIs, response: asIs } as Method<Uint8Array, Uint8Array>, bytes);
    return "taken";
  } catch (error) {
    assert.instance(error, VertexError);
    const { code, outcome } = error as VertexError;
    return `${code}, ${outcome}`;
  }
}

const notInvited = () => entered.filter((each) => (each as { label?: string }).label !== "canary").length;
const refused = "INVALID_ARGUMENT, not-executed";

/** `levels` messages in each other under field 1, around `inner`. */
function nest(levels: number, inner: Uint8Array = new Uint8Array(0)): Uint8Array {
  // From the inside out, without a copy for each level.
  const heads: Uint8Array[] = [];
  let length = inner.length;
  for (let level = 0; level < levels; level++) {
    const head = new BinaryWriter().uint32(10).uint32(length).finish();
    heads.push(head.slice());
    length += head.length;
  }
  return Buffer.concat([...heads.reverse(), inner]);
}

function groups(levels: number): Uint8Array {
  return Buffer.concat([Buffer.alloc(levels, 0x4b), Buffer.alloc(levels, 0x4c)]);
}

test("nests as deep as 99 messages and no deeper", async () => {
  const tree = methods.tree as Method<never, never>;
  assert.is(await verdict(tree, nest(99)), "taken");
  assert.is(notInvited(), 1);
  assert.is(await verdict(tree, nest(100)), refused);
  assert.is(await verdict(tree, nest(100_000)), refused);
  assert.is(notInvited(), 1);
});

test("is not written either when it nests deeper, neither as a request nor as an answer", async () => {
  const deep = (levels: number): Tree => {
    let tree = Tree.create({ label: "leaf" });
    for (let i = 0; i < levels; i++) tree = { left: tree, right: undefined, others: [], label: "" };
    return tree;
  };
  const call = (request: Tree) =>
    caller.unary(methods.tree, request).then(
      () => "taken",
      ({ code, outcome, family, message }: VertexError) => `${code}, ${outcome}, ${family}: ${message}`,
    );
  assert.is(await call(deep(99)), "taken");
  for (const levels of [100, 100_000])
    assert.match(await call(deep(levels)), /^INVALID_ARGUMENT, not-executed, usage: .* in each other/);
  const tooDeep = deep(100_000);
  answer = (request) => ((request as Tree).label === "" ? tooDeep : request);
  assert.match(await call(Tree.create()), /^INTERNAL, executed/);
});

test("counts groups that nobody knows into the same depth, whatever lies around them", async () => {
  const { tree, maps, known } = methods as unknown as { [name: string]: Method<never, never> };
  assert.ok(tree && maps && known);
  const around = (tag: number, inner: Uint8Array) =>
    new BinaryWriter().uint32(tag).bytes(inner).finish().slice();
  assert.is(await verdict(tree, groups(99)), "taken");
  assert.is(await verdict(tree, groups(100)), refused);
  assert.is(await verdict(tree, groups(100_000)), refused);
  assert.is(await verdict(tree, nest(60, groups(39))), "taken");
  assert.is(await verdict(tree, nest(60, groups(40))), refused);
  // In an entry of a map, and in the message that the entry holds (field 18, to_message).
  assert.is(await verdict(maps, around(146, groups(98))), "taken");
  assert.is(await verdict(maps, around(146, groups(99))), refused);
  assert.is(await verdict(maps, around(146, around(18, groups(97)))), "taken");
  assert.is(await verdict(maps, around(146, around(18, groups(98)))), refused);
  // In a Struct, which holds itself by way of Values.
  const structs = (levels: number): Uint8Array => {
    let inner: Uint8Array = new Uint8Array(0);
    for (let i = 0; i < levels; i++) inner = around(10, around(18, around(42, inner)));
    return around(42, inner);
  };
  assert.is(await verdict(known, structs(32)), "taken");
  assert.is(await verdict(known, structs(34)), refused);
});

test("has keys that every object has, and they are keys", async () => {
  const texts = new Map(HOSTILE.map((key) => [key, `value of ${key}`]));
  const maps = Maps.create({
    byString: texts,
    toDouble: new Map(HOSTILE.map((key, i) => [key, i])),
    toMessage: new Map(HOSTILE.map((key) => [key, { ...Scalars.create(), isAdmin: true }])) as never,
  });
  const back = await caller.unary(methods.maps, maps);
  assert.equal([...back.byString], [...texts]);
  assert.equal([...back.toDouble.keys()], HOSTILE);
  assert.equal([...back.toMessage.keys()], HOSTILE);
  const json = `{${HOSTILE.map((key) => `${JSON.stringify(key)}: {"isAdmin": true}`).join(", ")}}`;
  const struct = JSON.parse(json) as { [key: string]: unknown };
  const known = await caller.unary(
    methods.known,
    WellKnown.create({ struct, value: struct, list: [struct] }),
  );
  for (const made of [known.struct, known.value, known.list?.[0]] as object[]) {
    assert.is(JSON.stringify(made), JSON.stringify(struct));
    assert.equal(Object.keys(made), HOSTILE);
    assert.is(Object.getPrototypeOf(made), Object.prototype);
  }
  assert.is(({} as { isAdmin?: boolean }).isAdmin, undefined);
});

test("comes with metadata that has such keys, and they are keys", async () => {
  const keys = ["constructor", "prototype", "tostring", "hasownproperty", "valueof"];
  const metadata = Object.fromEntries(keys.map((key) => [key, "x"]));
  await caller.unary(methods.tree, Tree.create(), { metadata });
  const refusal = await caller
    .unary(methods.tree, Tree.create(), { metadata: new Map([["__proto__", "x"]]) })
    .then(String, (error: VertexError) => error.family);
  assert.is(refusal, "usage");
});
