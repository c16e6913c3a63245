// `pnpm wire-suite`: every case against a server, and against a client, with two verdicts for each.
import { parseArgs } from "node:util";
import { clientCases, clientServingCases } from "./client-cases.ts";
import { runClientCase, runClientServingCase } from "./run-client.ts";
import { type CaseResult, factsOf, inParallel, runServerCase, type Target } from "./run-server.ts";
import { startOwnServer } from "./server.ts";
import { serverCases } from "./server-cases.ts";

const usage = `usage: pnpm wire-suite [options]

  --server HOST:PORT  the server cases, against a server there; it must serve vertex.test.v1.Greeter
                      (test/schema/greeter.proto) as its comments say
  --client            only the client cases; without both: all cases, the server ones against a server of its own
  --only TEXT         only the cases whose name contains it
  --list              print the names, run nothing
`;

const AT_ONCE = 24;

function targetOf(text: string): Target {
  const colon = text.lastIndexOf(":");
  const port = Number(text.slice(colon + 1));
  if (colon < 1 || !Number.isInteger(port) || port < 1)
    throw new Error(`--server must be HOST:PORT, not "${text}"`);
  return { host: text.slice(0, colon), port };
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

async function runServer(target: Target, own: boolean, only: string, list: boolean): Promise<boolean> {
  const facts = await factsOf(target);
  const cases = serverCases(facts, own).filter(({ name }) => name.includes(only));
  if (list) {
    for (const { name } of cases) process.stdout.write(`server  ${name}\n`);
    return true;
  }
  return report("server", await inParallel(cases, AT_ONCE, (one) => runServerCase(target, one, facts)));
}

async function runOwnServer(only: string, list: boolean): Promise<boolean> {
  const { server, target } = await startOwnServer();
  try {
    return await runServer(target, true, only, list);
  } finally {
    await server.shutdown({ graceMs: 0 });
  }
}

async function runClient(only: string, list: boolean): Promise<boolean> {
  const calling = clientCases.filter(({ name }) => name.includes(only));
  const serving = clientServingCases.filter(({ name }) => name.includes(only));
  if (list) {
    for (const { name } of [...calling, ...serving]) process.stdout.write(`client  ${name}\n`);
    return true;
  }
  const results = [
    ...(await inParallel(calling, AT_ONCE, runClientCase)),
    ...(await inParallel(serving, AT_ONCE, runClientServingCase)),
  ];
  return report("client", results);
}

async function main(): Promise<void> {
  const { values } = parseArgs({
    args: process.argv.slice(2).filter((argument) => argument !== "--"),
    options: {
      server: { type: "string" },
      client: { type: "boolean", default: false },
      only: { type: "string", default: "" },
      list: { type: "boolean", default: false },
      help: { type: "boolean", default: false },
    },
  });
  if (values.help) return void process.stdout.write(usage);
  const { server, client, only, list } = values;
  let good = true;
  if (server !== undefined) good = await runServer(targetOf(server), false, only, list);
  else if (!client) good = await runOwnServer(only, list);
  if (client || server === undefined) good = (await runClient(only, list)) && good;
  if (!good) process.exitCode = 1;
}

main().catch((error: Error) => {
  process.stderr.write(`${error.message}\n\n${usage}`);
  process.exitCode = 2;
});
