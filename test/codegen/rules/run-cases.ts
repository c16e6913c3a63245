// A process of its own, in which no code can be made from strings and whose clock stands: it loads generated modules
// and validates what the lines of the file that it is given say. One line out for each line in.

import { readFileSync } from "node:fs";
import { pathToFileURL } from "node:url";

interface Question {
  /** Paths of the two generated modules. */
  readonly shapes: string;
  readonly rules: string;
  /** What the generated code calls the message. */
  readonly name: string;
  /** Base64. */
  readonly value: string;
}

interface Codec {
  decode(bytes: Uint8Array): unknown;
}

type Validate = (message: unknown) => readonly object[] | undefined;

try {
  new Function("return 1");
  throw new RangeError("this process makes code from strings");
} catch (error) {
  if (!(error instanceof EvalError)) throw error;
}

const now = Number(process.argv[3]);
Date.now = () => now;

const lines = readFileSync(process.argv[2] ?? "", "utf8")
  .trim()
  .split("\n");
for (const line of lines) {
  const { shapes, rules, name, value } = JSON.parse(line) as Question;
  const codec = (await import(pathToFileURL(shapes).href))[name] as Codec;
  const validate =
    rules === ""
      ? undefined
      : ((await import(pathToFileURL(rules).href))[`validate${name}`] as Validate | undefined);
  const answer = validate?.(codec.decode(Buffer.from(value, "base64"))) ?? [];
  process.stdout.write(`${JSON.stringify(answer)}\n`);
}
