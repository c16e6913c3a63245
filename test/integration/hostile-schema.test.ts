// A schema that means harm, served over a connection: generated, and called under every name, in a process that may
// not compile strings. What it would set stays unset. THREATS: code injection through the schema.
// node-flags: --no-disallow-code-generation-from-strings
// (codegen itself compiles what it checks; the process that serves does not)
// file-timeout: 120 s
import { spawnSync } from "node:child_process";
import { symlinkSync } from "node:fs";
import { join } from "node:path";
import * as assert from "uvu/assert";
import { everyName, hostileNames } from "../codegen/hostile-schema.ts";
import { createWorkspace, repository } from "../codegen/workspace.ts";
import { suite } from "../support/suite.ts";

const test = suite("a schema that means harm");

/** Serves every service of the file beside it, calls every method once, and prints what came of it. */
const program = `
import { connect } from "@vertex/client";
import { createServer } from "@vertex/server";
import * as gen from "./gen/services.ts";

const before = Reflect.ownKeys(Object.prototype).length;
const services = Object.values(gen).filter((each) => typeof each === "object" && Object.hasOwn(each, "createClient"));
const server = createServer();
for (const service of services) {
  const handlers = {};
  for (const name of Object.keys(service.methods))
    handlers[name] = async function* (request) { yield { ...request, text: request.text + "!" }; };
  server.handle(service, handlers);
}
const client = connect(await server.listen("tcp://127.0.0.1:0"));
const wrong = [];
let calls = 0;
for (const service of services) {
  const stub = client.use(service);
  for (const name of Object.keys(service.methods)) {
    const request = gen.Harm.create({ text: name, byName: new Map([["__proto__", name], ["constructor", name]]) });
    for await (const { text, byName } of stub[name](request)) {
      calls++;
      if (text !== name + "!" || [...byName].join() !== "__proto__," + name + ",constructor," + name) wrong.push(name);
    }
  }
}
await client.close();
await server.shutdown();
const added = Reflect.ownKeys(Object.prototype).length - before;
console.log(JSON.stringify({ calls, wrong, canary: globalThis.__canary ?? null, added }));
`;

const comment = "// */ globalThis.__canary = 1; /* \\u2028globalThis.__canary = 1\n";

test(
  "is served and called under every name, and does nothing else",
  async () => {
    const workspace = createWorkspace();
    try {
      const services = everyName()["services.proto"] ?? "";
      const harm = `${comment}message Harm {\n${comment}string text = 1;\nmap<string, string> by_name = 2; }\n`;
      const text = services
        .replace("message Empty {}\n", harm)
        .replaceAll("Empty", "Harm")
        .replaceAll("service ", `${comment}service `)
        .replaceAll("rpc ", `\n${comment}rpc `);
      workspace.write({ "services.proto": text, "serve.ts": program });
      const { errors } = await workspace.run("--proto", "services.proto", "--out", "gen");
      assert.is(errors, "");
      assert.equal(serve(workspace.dir), {
        said: { calls: hostileNames.length, wrong: [], canary: null, added: 0 },
        complaints: "",
      });
    } finally {
      workspace.remove();
    }
  },
  { timeoutMs: 60_000 },
);

function serve(dir: string): { said: unknown; complaints: string } {
  for (const name of ["client", "server"])
    symlinkSync(join(repository, "packages", name), join(dir, "node_modules/@vertex", name));
  const flags = [
    "--unhandled-rejections=strict",
    "--disallow-code-generation-from-strings",
    "--disable-proto=throw",
    "--conditions=@vertex/source",
    "--import",
    join(repository, "node_modules/tsx/dist/loader.mjs"),
  ];
  const { stdout, stderr } = spawnSync(process.execPath, [...flags, "serve.ts"], {
    cwd: dir,
    encoding: "utf8",
  });
  return { said: stdout === "" ? null : JSON.parse(stdout), complaints: stderr };
}
