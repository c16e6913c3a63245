// Schemas through codegen, as a user's project would: they are refused by name or become code that both TypeScripts
// take and that does nothing when it is imported.

import { runGenerated, UNHARMED } from "../../test/codegen/canary.ts";
import { createWorkspace } from "../../test/codegen/workspace.ts";
import { Finding, mustHold } from "./target.ts";

/** How codegen's word on a schema looks: "schema/n1.proto:3:7: what is wrong". */
const REFUSAL = /^schema\/[^:]+:\d+:\d+: ./;

/**
 * Generates code from `schemas` (file name to text) in one run, type-checks it and imports it.
 * @returns the number of files generated; 0 when the schemas are refused.
 * @throws Finding when the code does not compile, does something, or the refusal names no place.
 */
export async function trySchemas(schemas: { readonly [file: string]: string }): Promise<number> {
  const workspace = createWorkspace();
  try {
    const texts = Object.entries(schemas).map(([file, text]) => [`schema/${file}`, text] as const);
    workspace.write(Object.fromEntries(texts));
    const { code, errors } = await workspace.run("--proto", "schema", "--out", "gen");
    mustHold(!("__canary" in globalThis), "the schema runs in the generator");
    if (code !== 0) {
      const strange = errors.split("\n").find((line) => !REFUSAL.test(line));
      if (code === 1 && strange === undefined) return 0;
      throw new Finding(`codegen ends with ${code}\n${strange ?? errors}`);
    }
    const complaints = await workspace.typeErrors("gen");
    if (complaints !== "")
      throw new Finding(`the generated code does not compile\n${complaints.slice(0, 400)}`);
    const files = workspace.list("gen").map((file) => `gen/${file}`);
    const harm = runGenerated(workspace, files);
    mustHold(harm === UNHARMED, `the generated code does something\n${harm.slice(0, 400)}`);
    return files.length;
  } finally {
    workspace.remove();
  }
}
