// What a target is fed: a list of operations, each a verb, numbers and bytes. Every target gives the verbs their
// meaning and ignores those it does not know, so that any list is an input and lists can be cut and joined at will.
//
//   # a comment
//   call 0 3 128 2000 =0a0161
//   ^    ^            ^
//   verb numbers      bytes, in hex

/** One operation. */
export interface Op {
  readonly verb: string;
  readonly args: readonly number[];
  readonly bytes: Uint8Array;
}

/** What one run of a target is made of. */
export type Input = readonly Op[];

const nothing = new Uint8Array(0);

export function op(verb: string, args: readonly number[] = [], bytes: Uint8Array = nothing): Op {
  return { verb, args, bytes };
}

/** The number at `index`; 0 if there is none. */
export function arg({ args }: Op, index: number): number {
  return args[index] ?? 0;
}

export function formatOp({ verb, args, bytes }: Op): string {
  const hex = bytes.length === 0 ? "" : ` =${Buffer.from(bytes).toString("hex")}`;
  return [verb, ...args].join(" ") + hex;
}

/** @throws Error for a line that is no operation. */
function parseOp(line: string): Op {
  const words = line.trim().split(/\s+/);
  const verb = words.shift() ?? "";
  const hex = words.at(-1)?.startsWith("=") === true ? (words.pop() as string).slice(1) : "";
  const args = words.map(Number);
  if (!/^[a-z][\w.-]*$/i.test(verb) || args.some((number) => !Number.isSafeInteger(number) || number < 0)) {
    throw new Error(`not an operation: ${line.slice(0, 80)}`);
  }
  if (!/^([0-9a-f]{2})*$/i.test(hex)) throw new Error(`not bytes in hex: ${line.slice(0, 80)}`);
  return op(verb, args, new Uint8Array(Buffer.from(hex, "hex")));
}

export function formatInput(input: Input): string {
  return input.map((each) => `${formatOp(each)}\n`).join("");
}

/** @throws Error for a line that is neither an operation nor a comment. */
export function parseInput(text: string): Op[] {
  return text
    .split("\n")
    .filter((line) => line.trim() !== "" && !line.startsWith("#"))
    .map(parseOp);
}
