// Codegen: hostile schemas, made from numbers, become code that compiles and does nothing, or are refused by name.
//
//   schema N       the hostile schema number N
//   name N         a schema with the N-th hostile name in every place of it

import { everyName, hostileSchema } from "../../../test/codegen/hostile-schema.ts";
import { arg, type Input, op } from "../input.ts";
import type { Random } from "../random.ts";
import { trySchemas } from "../schema-trial.ts";
import type { Target } from "../target.ts";

/** Schemas of one input: compilers are slow to start. */
const BATCH = 12;

function generate(random: Random): Input {
  return Array.from({ length: BATCH }, () => op("schema", [random.below(0x7fffffff)]));
}

async function run(input: Input): Promise<string> {
  const files: { [file: string]: string } = {};
  const names = Object.entries(everyName());
  for (const each of input.slice(0, 2 * BATCH)) {
    if (each.verb === "schema") files[`n${arg(each, 0)}.proto`] = hostileSchema(arg(each, 0));
    const named = names[arg(each, 0)];
    if (each.verb === "name" && named !== undefined) files[named[0]] = named[1];
  }
  if (Object.keys(files).length === 0) return "nothing";
  const made = await trySchemas(files);
  return made === 0 ? "refused" : "compiles";
}

/** The generator and the code it writes. */
export const codegen: Target = {
  name: "codegen",
  about: "hostile schemas through codegen; its code is type-checked and imported",
  patient: true,
  generate,
  run,
};
