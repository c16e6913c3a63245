// node-flags: --no-disallow-code-generation-from-strings
// (ajv and protobufjs compile what they check)
// file-timeout: 180 s
import * as assert from "uvu/assert";
import { suite } from "../support/suite.ts";
import { google, googleFolders } from "./google-schemas.ts";
import { createWorkspace } from "./workspace.ts";

const test = suite("codegen: schemas nobody here wrote, under both TypeScripts");

test(
  "google/rpc, google/longrunning, google/type and google/api",
  async () => {
    const workspace = createWorkspace();
    try {
      const roots = ["--proto", ...googleFolders, "--include", google];
      const result = await workspace.run(...roots, "--out", "gen", "--import-suffix", ".ts");
      assert.is(result.errors, "");
      assert.ok(workspace.list("gen").length >= 90);
      assert.is(await workspace.typeErrors("gen"), "");
    } finally {
      workspace.remove();
    }
  },
  { timeoutMs: 150_000 },
);
