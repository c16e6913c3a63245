// node-flags: --no-disallow-code-generation-from-strings
// (ajv and protobufjs compile what they check)
import { runCommand } from "@vertex/codegen";
import * as assert from "uvu/assert";
import { suite } from "../support/suite.ts";
import { createWorkspace } from "./workspace.ts";

const test = suite("codegen: --watch");

const good = (field: string, name = "M") => `syntax = "proto3";\nmessage ${name} { string ${field} = 1; }\n`;

test(
  "runs again after each change, and waits out a broken schema",
  async () => {
    const workspace = createWorkspace({ "schema/a.proto": good("first") });
    const lines: string[] = [];
    const stop = new AbortController();
    const say = (line: string): void => void lines.push(line);
    const host = { cwd: workspace.dir, out: say, error: say, signal: stop.signal };
    const watching = runCommand(["--proto", "schema", "--out", "gen", "--watch"], host);
    const line = async (count: number): Promise<string> => {
      while (lines.length < count) await new Promise((resolve) => setTimeout(resolve, 20));
      return lines[count - 1] ?? "";
    };
    try {
      assert.is(await line(1), "gen: 1 written, 0 unchanged");
      workspace.write({ "schema/a.proto": good("second") });
      assert.is(await line(2), "gen: 1 written, 0 unchanged");
      assert.match(workspace.read("gen/a.ts"), "second: string;");
      workspace.write({ "schema/a.proto": 'syntax = "proto3";\nmessage M { Nope a = 1; }\n' });
      assert.match(await line(3), "schema/a.proto:2:13: cannot find `Nope` in this scope");
      assert.match(workspace.read("gen/a.ts"), "second: string;");
      workspace.write({ "schema/a.proto": good("third"), "schema/new/b.proto": good("fourth", "N") });
      assert.is(await line(4), "gen: 2 written, 0 unchanged");
      workspace.write({ "schema/new/b.proto": good("fifth", "N") });
      assert.is(await line(5), "gen: 1 written, 1 unchanged");
    } finally {
      stop.abort();
      assert.is(await watching, 0);
      workspace.remove();
    }
  },
  { timeoutMs: 30_000 },
);
