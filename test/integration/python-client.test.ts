// A client in another language against a real server. It was written from PROTOCOL.md alone, so these tests hold the
// server to that page.
import assert from "node:assert/strict";
import { spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { createServer, type LogEntry, type Server, type ShutdownReport, VertexError } from "@vertex/server";
import { Greeter, type GreeterHandlers } from "../gen/greeter.ts";
import { suite } from "../support/suite.ts";

type Step = { readonly step: string } & Readonly<Record<string, unknown>>;

const script = fileURLToPath(new URL("../python/vertex_client.py", import.meta.url));
const heartbeatIntervalMs = 200;
const test = suite("a client in Python, written from PROTOCOL.md");

/** What a handler saw of a call beside its request. */
interface Seen {
  readonly language: unknown;
  readonly remainingMs: number;
}

function handlers(seen: Seen[]): GreeterHandlers {
  return {
    hello({ name }, context) {
      const language = context.metadata.get("language");
      if (language !== undefined) seen.push({ language, remainingMs: context.remainingMs });
      return { text: `Hello, ${name}` };
    },
    remember: ({ name }) => ({ text: name }),
    slow: ({ name }) => ({ text: name }),
    async *countdown({ from, intervalMs }) {
      for (let n = from; n > 0; n--) {
        yield { n };
        await sleep(intervalMs);
      }
    },
    async sum(ticks) {
      let total = 0n;
      let count = 0;
      for await (const { n } of ticks) {
        total += BigInt(n);
        count++;
      }
      return { total, count };
    },
    chat: (lines) => lines,
    notify() {},
    fail({ code, message, retryAfterMs }) {
      assert.equal(code, 5);
      throw new VertexError("NOT_FOUND", message, { retryAfterMs });
    },
    greet: ({ name }) => ({ text: name }),
  };
}

/** A server that listens, what its handlers saw, and what it logged above "info". */
async function startServer() {
  const seen: Seen[] = [];
  const logged: LogEntry[] = [];
  const log = (entry: LogEntry): void => {
    if (entry.level !== "info") logged.push(entry);
  };
  const server = createServer({ session: { heartbeatIntervalMs }, log });
  server.handle(Greeter, handlers(seen));
  const { port } = new URL(await server.listen("tcp://127.0.0.1:0"));
  return { server, port, seen, logged };
}

/** Runs the client to its end. `onStep` sees every step as it is printed. */
async function runClient(port: string, mode: string, onStep: (step: Step) => void = () => {}) {
  const child = spawn("python3", ["-B", script, "127.0.0.1", port, mode], {
    stdio: ["ignore", "pipe", "pipe"],
  });
  const closed = once(child, "close");
  const steps: Step[] = [];
  let stderr = "";
  child.stderr.setEncoding("utf8").on("data", (text: string) => {
    stderr += text;
  });
  createInterface({ input: child.stdout }).on("line", (line) => {
    const step = JSON.parse(line) as Step;
    steps.push(step);
    onStep(step);
  });
  const late = setTimeout(() => child.kill("SIGKILL"), 8_000);
  const [exitCode] = await closed;
  clearTimeout(late);
  return { exitCode, steps, stderr };
}

/** Why connections ended, once all have. */
async function endedConnections(server: Server): Promise<unknown> {
  while (server.stats().connections > 0) await sleep(5);
  return server.stats().ended;
}

const welcome = {
  step: "welcome",
  version: 1,
  max_frame: 65_536,
  max_message: 4_194_304,
  credit: 65_536,
  interval_ms: heartbeatIntervalMs,
  services: ["vertex.test.v1.Greeter"],
};

async function everyStep(): Promise<void> {
  const { server, port, seen, logged } = await startServer();
  try {
    const { exitCode, steps, stderr } = await runClient(port, "demo");
    assert.equal(stderr, "");
    const [welcomed, hello, fail, large, countdown, idle, ping, goodbye, ...rest] = steps;
    assert.deepEqual(welcomed, welcome);
    assert.deepEqual(hello, { step: "hello", text: "Hello, Ada" });
    assert.deepEqual(
      seen.map(({ language }) => language),
      ["python"],
    );
    const remainingMs = seen[0]?.remainingMs ?? 0;
    assert.ok(remainingMs > 4_000 && remainingMs <= 5_000, `the handler saw ${remainingMs} ms of 5,000`);
    const failure = { code: 5, text: "nobody of that name", outcome: 2, retry_after_ms: 250 };
    assert.deepEqual(fail, { step: "fail", ...failure });
    assertLarge(large);
    assert.deepEqual(countdown, { step: "countdown", ticks: [5, 4, 3, 2, 1] });
    assert.ok(Number(idle?.pongs_sent) >= 1, `the server asked: ${JSON.stringify(idle)}`);
    assert.ok(Number(idle?.pongs_received) >= 1, `the client asked: ${JSON.stringify(idle)}`);
    assert.equal(ping?.step, "ping");
    assert.ok(Number(ping?.ms) > 0 && Number(ping?.ms) < 5_000, `a PING took ${String(ping?.ms)} ms`);
    assert.deepEqual([goodbye, rest, exitCode], [{ step: "goodbye" }, [], 0]);
    assert.deepEqual(await endedConnections(server), { SHUTDOWN: 1 });
    assert.deepEqual(logged, []);
  } finally {
    await server.shutdown({ graceMs: 1_000 });
  }
}

/** Request and answer were in pieces, and neither fitted the initial credit. */
function assertLarge(step: Step | undefined): void {
  assert.ok(step);
  const { data_sent, credit_received, data_received, credit_sent, ...what } = step;
  assert.deepEqual(what, { step: "large", size: 262_144, max_frame: 65_536, credit: 65_536, same: true });
  assert.ok(Number(data_sent) >= 4, `${String(data_sent)} DATA frames sent`);
  assert.ok(Number(data_received) >= 64, `${String(data_received)} DATA frames received`);
  assert.ok(Number(credit_received) >= 1, "the server granted credit");
  assert.equal(credit_sent, Number(data_received) - 1);
}

async function serverShutsDown(): Promise<void> {
  const { server, port, logged } = await startServer();
  let shutdown: Promise<ShutdownReport> | undefined;
  const idleMs = 2.5 * heartbeatIntervalMs;
  try {
    const { exitCode, steps, stderr } = await runClient(port, "wait", ({ step }) => {
      if (step !== "welcome") return;
      setTimeout(() => {
        shutdown = server.shutdown({ graceMs: 2_000 });
      }, idleMs);
    });
    assert.equal(stderr, "");
    const [welcomed, announced, final, refused, goodbye, ...rest] = steps;
    assert.deepEqual(welcomed, welcome);
    const { pongs_sent: before, text, ...announcement } = announced ?? { step: "" };
    assert.deepEqual(announcement, { step: "goaway", last: 0xffffffff, reason: 1 });
    assert.equal(text, "the server is shutting down");
    // The client has answered the PING behind the announcement when the last word comes: no call crossed it.
    assert.deepEqual([final?.step, final?.last, final?.reason], ["goaway", 0, 1]);
    assert.ok(Number(final?.pongs_sent) > Number(before));
    assert.deepEqual([refused?.step, refused?.code, refused?.outcome], ["refused", 14, 1]);
    assert.deepEqual([goodbye, rest, exitCode], [{ step: "goodbye" }, [], 0]);
    const report = await shutdown;
    assert.deepEqual([report?.connections, report?.finished, report?.cancelled], [1, 0, 0]);
    assert.ok((report?.durationMs ?? Infinity) < 2_000, report?.text);
    assert.deepEqual(server.stats().ended, { SHUTDOWN: 1 });
    assert.deepEqual(logged, []);
  } finally {
    await server.shutdown({ graceMs: 1_000 });
  }
}

/** A client that serves nothing still answers a call. */
async function serverCalls(): Promise<void> {
  const { server, port } = await startServer();
  let shutdown: Promise<ShutdownReport> | undefined;
  const failures: unknown[] = [];
  try {
    const { exitCode, stderr } = await runClient(port, "wait", async ({ step }) => {
      if (step !== "welcome") return;
      for (const connection of server.connections) {
        await connection
          .use(Greeter)
          .hello({ name: "Python" })
          .catch((error) => failures.push(error));
      }
      shutdown = server.shutdown({ graceMs: 2_000 });
    });
    assert.deepEqual([exitCode, stderr], [0, ""]);
    const [failure, ...others] = failures;
    assert.ok(failure instanceof VertexError);
    assert.deepEqual([failure.code, failure.outcome, others], ["UNIMPLEMENTED", "not-executed", []]);
    await shutdown;
  } finally {
    await server.shutdown({ graceMs: 1_000 });
  }
}

const sentences: [string, () => Promise<void>][] = [
  ["shakes hands, calls, streams, answers and measures PINGs, and leaves in order", everyStep],
  ["copes with a server that shuts down while it idles", serverShutsDown],
  ["refuses a call of the server, which knows that it was not executed", serverCalls],
];
const python = spawnSync("python3", ["-c", "import sys; sys.exit(sys.version_info < (3, 9))"]);
for (const [sentence, body] of sentences) {
  if (python.status === 0) test(sentence, body);
  else test.skip(sentence, "there is no python3, or it is older than 3.9");
}
