// Where a server listens, and what it leaves alone.
import {
  chmodSync,
  existsSync,
  lstatSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { createServer as createNetServer } from "node:net";
import { connect } from "@vertex/client";
import { createServer, type Server, type ServerOptions } from "@vertex/server";
import * as assert from "uvu/assert";
import { Greeter } from "../../gen/greeter.ts";
import { serve, socketPath } from "../../support/server/greeter.ts";
import { listenPlain } from "../../support/server/sockets.ts";
import { failureOf } from "../../support/server/waiting.ts";
import { suite } from "../../support/suite.ts";
import { certificate, key } from "../../support/tls/test-certificate.ts";

const test = suite("listener");

const servers: Server[] = [];
const paths: string[] = [];

function quiet(options: ServerOptions = {}): Server {
  const server = createServer({ log: () => {}, ...options });
  servers.push(server);
  return server;
}

function freshPath(): string {
  const path = socketPath();
  paths.push(path);
  return path;
}

test.after.each(async () => {
  await Promise.all(servers.splice(0).map((server) => server.shutdown({ graceMs: 0 })));
  for (const path of paths.splice(0)) rmSync(path, { force: true });
});

test("port 0 becomes the real port in the address to dial", async () => {
  assert.match(await quiet().listen("tcp://127.0.0.1:0"), /^tcp:\/\/127\.0\.0\.1:[1-9]\d*$/);
});

test("an IPv6 address keeps its brackets", async () => {
  assert.match(await quiet().listen("tcp://[::1]:0"), /^tcp:\/\/\[::1\]:[1-9]\d*$/);
});

test("a port in use is named, with the reason", async () => {
  const other = await listenPlain(() => {});
  const error = await failureOf(quiet().listen(other.address));
  assert.is(error.code, "UNAVAILABLE");
  assert.is(error.family, "usage");
  assert.match(error.message, `cannot listen on ${other.address}: listen EADDRINUSE`);
  await other.close();
});

test("a host that is not this machine's is named", async () => {
  assert.match((await failureOf(quiet().listen("tcp://192.0.2.1:0"))).message, "EADDRNOTAVAIL");
});

const notCertified: readonly (readonly [name: string, ServerOptions["tls"], message: RegExp])[] = [
  ["without the option tls", undefined, /needs the option tls with a cert and a key/],
  ["with an empty option tls", {}, /needs the option tls with a cert and a key/],
  ["with a cert and no key", { cert: certificate }, /needs the option tls with a cert and a key/],
  ["with a cert that is none", { cert: "nonsense", key }, /cannot use the option tls: .*PEM/],
];
for (const [name, tls, message] of notCertified) {
  test(`a tls:// address ${name} is refused`, async () => {
    const error = await failureOf(quiet({ tls }).listen("tls://127.0.0.1:0"));
    assert.match(error.message, message);
    assert.is(error.family, "usage");
  });
}

test("a Unix socket is open to this user only", async () => {
  const path = freshPath();
  assert.is(await quiet().listen(`unix:${path}`), `unix:${path}`);
  assert.is(statSync(path).mode & 0o777, 0o600);
});

test("the mode of a Unix socket can be chosen", async () => {
  const path = freshPath();
  await quiet({ unixMode: 0o660 }).listen(`unix:${path}`);
  assert.is(statSync(path).mode & 0o777, 0o660);
});

test("the socket file goes with the server", async () => {
  const path = freshPath();
  const server = quiet();
  await server.listen(`unix:${path}`);
  await server.shutdown();
  assert.not.ok(existsSync(path));
});

test("the socket of a server that is gone is replaced", async () => {
  const path = freshPath();
  await leaveStaleSocket(path);
  assert.ok(lstatSync(path).isSocket());
  const bed = await serve(`unix:${path}`);
  assert.equal(await bed.connect().use(Greeter).hello({ name: "x" }), { text: "Hello x" });
  await bed.close();
});

test("the socket of a server that lives is left alone", async () => {
  const path = freshPath();
  const bed = await serve(`unix:${path}`);
  const error = await failureOf(quiet().listen(`unix:${path}`));
  assert.match(error.message, `${path} is in use by another server`);
  assert.equal(await bed.connect().use(Greeter).hello({ name: "x" }), { text: "Hello x" });
  await bed.close();
});

if (process.getuid?.() === 0) {
  test.skip("a socket that this user may not open is left alone", "root may open everything");
} else {
  test("a socket that this user may not open is left alone", async () => {
    const path = freshPath();
    await quiet().listen(`unix:${path}`);
    chmodSync(path, 0);
    assert.match((await failureOf(quiet().listen(`unix:${path}`))).message, "is in use by another server");
  });
}

test("a regular file is left alone", async () => {
  const path = freshPath();
  writeFileSync(path, "precious");
  const error = await failureOf(quiet().listen(`unix:${path}`));
  assert.match(error.message, `${path} exists and is no socket`);
  assert.ok(lstatSync(path).isFile());
});

test("a symbolic link is left alone, wherever it leads", async () => {
  const path = freshPath();
  const target = freshPath();
  await leaveStaleSocket(target);
  symlinkSync(target, path);
  assert.match((await failureOf(quiet().listen(`unix:${path}`))).message, "exists and is no socket");
  assert.ok(lstatSync(path).isSymbolicLink());
});

test("a path that is too long, and one in a folder that is not there, are refused", async () => {
  assert.match(
    (await failureOf(quiet().listen(`unix:/tmp/${"x".repeat(103)}`))).message,
    "at most 107 bytes",
  );
  assert.match((await failureOf(quiet().listen("unix:/no/such/folder/x.sock"))).message, "cannot listen on");
});

test("one server listens on TCP, TLS and a Unix socket at once", async () => {
  const bed = await serve();
  const tls = await bed.server.listen("tls://127.0.0.1:0");
  const unix = await bed.server.listen(`unix:${freshPath()}`);
  for (const address of [bed.address, tls, unix]) {
    const client = connect(address, { tls: { ca: certificate } });
    assert.equal(await client.use(Greeter).hello({ name: address }), { text: `Hello ${address}` });
    await client.close();
  }
  await bed.close();
});

test("a server that is shut down while it begins to listen does not listen", async () => {
  const server = quiet();
  const listening = failureOf(server.listen("tcp://127.0.0.1:0"));
  await server.shutdown();
  assert.match((await listening).message, "shut down while it began to listen");
});

/** Leaves a socket file behind that nobody listens on: a process that was killed does so. */
async function leaveStaleSocket(path: string): Promise<void> {
  const spare = `${path}.spare`;
  const server = createNetServer();
  await new Promise<void>((resolve) => server.listen(spare, resolve));
  renameSync(spare, path);
  await new Promise((resolve) => server.close(resolve));
}
