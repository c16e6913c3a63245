// `pnpm wire-suite`: every case against a server, over each transport, and against clients, with two verdicts for each.
import { parseArgs } from "node:util";
import { seededRandom } from "../support/protocol/manual-environment.ts";
import { transports } from "../support/server/greeter.ts";
import { clientCases, clientServingCases } from "./client-cases.ts";
import { type ClientMaker, clientProcess, ownClients } from "./client-under-test.ts";
import { runClientCase, runClientServingCase } from "./run-client.ts";
import { type CaseResult, factsOf, inParallel, runServerCase, type Target } from "./run-server.ts";
import { startOwnServer } from "./server.ts";
import { serverCases } from "./server-cases.ts";

const usage = `usage: pnpm wire-suite [options]

  --server ADDRESS  the server cases, against a server there: HOST:PORT, tcp://HOST:PORT or unix:/PATH. It must serve
                    vertex.test.v1.Greeter (test/schema/greeter.proto) as its comments say
  --client          only the client cases; without both: all cases, the server ones against a server of its own over
                    TCP, TLS and a Unix socket, the client ones against clients of this process and of another
  --only TEXT       only the cases whose name contains it
  --seconds N       again and again for so long, from the second round on with all that is written cut into pieces
  --seed N          what the cuts are drawn from (default 1)
  --list            print the names, run nothing
`;

const AT_ONCE = 24;

interface Asked {
  readonly only: string;
  readonly list: boolean;
  readonly cuts: (() => number) | undefined;
}

function targetOf(text: string, { cuts }: Asked): Target {
  return { address: /^(tcp|tls):\/\/|^unix:/.test(text) ? text : `tcp://${text}`, cuts };
}

function report(what: string, results: readonly CaseResult[]): boolean {
  let failed = 0;
  for (const { name, behaviour, ending } of results) {
    if (behaviour === "" && ending === "") continue;
    failed++;
    process.stdout.write(`FAIL ${name}\n`);
    if (behaviour !== "") process.stdout.write(`     behaviour: ${behaviour}\n`);
    if (ending !== "") process.stdout.write(`     ending: ${ending}\n`);
  }
  process.stdout.write(`${what}: ${results.length - failed} of ${results.length} cases passed\n`);
  return failed === 0 && results.length > 0;
}

function print(what: string, cases: readonly { readonly name: string }[]): boolean {
  for (const { name } of cases) process.stdout.write(`${what}  ${name}\n`);
  return true;
}

async function runServer(
  what: string,
  target: Target,
  own: boolean,
  { only, list }: Asked,
): Promise<boolean> {
  const facts = await factsOf(target);
  const inPieces = target.cuts !== undefined || target.address.startsWith("tls:");
  const cases = serverCases(facts, own).filter(
    ({ name, whole }) => name.includes(only) && !(inPieces && whole === true),
  );
  if (list) return print("server", cases);
  return report(what, await inParallel(cases, AT_ONCE, (one) => runServerCase(target, one, facts)));
}

async function runOwnServers(asked: Asked): Promise<boolean> {
  let good = true;
  for (const { name, address } of asked.list ? transports.slice(0, 1) : transports) {
    const { server, target } = await startOwnServer(address());
    try {
      good = (await runServer(`server over ${name}`, { ...target, cuts: asked.cuts }, true, asked)) && good;
    } finally {
      await server.shutdown({ graceMs: 0 });
    }
  }
  return good;
}

async function runClients(what: string, maker: ClientMaker, { only, list, cuts }: Asked): Promise<boolean> {
  const calling = clientCases.filter(({ name }) => name.includes(only));
  const serving = clientServingCases.filter(({ name }) => name.includes(only));
  if (list) return print("client", [...calling, ...serving]);
  const results = [
    ...(await inParallel(calling, AT_ONCE, (one) => runClientCase(one, maker, cuts))),
    ...(await inParallel(serving, AT_ONCE, (one) => runClientServingCase(one, maker, cuts))),
  ];
  return report(what, results);
}

async function runAllClients(asked: Asked): Promise<boolean> {
  const own = await runClients("client", ownClients, asked);
  if (asked.list) return own;
  const others = clientProcess();
  try {
    return (await runClients("client in a process of its own", others, asked)) && own;
  } finally {
    await others.end();
  }
}

async function main(): Promise<void> {
  const { values } = parseArgs({
    args: process.argv.slice(2).filter((argument) => argument !== "--"),
    options: {
      server: { type: "string" },
      client: { type: "boolean", default: false },
      only: { type: "string", default: "" },
      seconds: { type: "string", default: "0" },
      seed: { type: "string", default: "1" },
      list: { type: "boolean", default: false },
      help: { type: "boolean", default: false },
    },
  });
  if (values.help) return void process.stdout.write(usage);
  const { server, client, only, list } = values;
  const [seconds, seed] = [Number(values.seconds), Number(values.seed)];
  if (!(seconds >= 0) || !Number.isInteger(seed)) throw new Error("--seconds and --seed take numbers");
  const endsAt = performance.now() + seconds * 1_000;
  let good = true;
  for (let round = 0; round === 0 || (good && performance.now() < endsAt); round++) {
    if (round > 0) process.stdout.write(`round ${round + 1}, cut by seed ${seed + round}\n`);
    const asked: Asked = { only, list, cuts: round === 0 ? undefined : seededRandom(seed + round) };
    if (server !== undefined) good = await runServer("server", targetOf(server, asked), false, asked);
    else if (!client) good = await runOwnServers(asked);
    if (client || server === undefined) good = (await runAllClients(asked)) && good;
  }
  if (!good) process.exitCode = 1;
}

main().catch((error: Error) => {
  process.stderr.write(`${error.message}\n\n${usage}`);
  process.exitCode = 2;
});
