// ts-proto's `decode`, moved from what it can ask of any reader to what Vertex's reader offers: the end and the depth
// of a message are the reader's business (`enter`, `leave`), tags and lengths are read as such (`nextTag`, `length`,
// `before`), and a group's end that nobody opened is an error. Stricter, and about a fifth faster.
//
// It works on whole lines that only ts-proto writes, as harden.ts does. test/codegen/tighten.test.ts says when one of
// them has changed.

/** The name of the one empty byte string of a file. No schema can have it: its names hold no `$`. */
const NO_BYTES = "$noBytes";

const HEAD = "    const previousRecursionDepth = (reader as any).__tsProtoDecodeDepth ?? 0;";
const TRY = "    try {";
const END = "      const end = length === undefined ? reader.len : reader.pos + length;";
const STOP = "        if ((tag & 7) === 4 || tag === 0) {";
const FINALLY = "    } finally {";

/** Lines inside `decode`, as they stand after their indentation was taken back by two. */
const LINES: readonly (readonly [from: RegExp, to: string])[] = [
  [/^( {6}const tag = reader\.)uint32\(\);$/, "$1nextTag();"],
  [/^( {6}reader\.skip\(tag & 7)\);$/, "$1, tag >>> 3);"],
  [/^( +.*\.decode\(reader, reader\.)uint32\(\)(\).*)$/, "$1length()$2"],
  [/^( +const end\d+ = reader\.)uint32\(\)( \+ reader\.pos;)$/, "$1length()$2"],
  [/^( +while \()reader\.pos < (end\d+)\) \{$/, "$1reader.before($2)) {"],
  [/^ {4}return message;$/, "    reader.leave(outer);\n    return message;"],
];

/** `text` with every `decode` moved onto Vertex's reader. */
export function tightenDecoders(text: string): string {
  const lines = text.split("\n");
  const tightened: string[] = [];
  for (let i = 0; i < lines.length; i++) {
    if (lines[i] !== HEAD) {
      tightened.push(lines[i] as string);
      continue;
    }
    const body = lines.indexOf(END, i);
    const end = lines.indexOf(FINALLY, i);
    if (body < 0 || end < 0 || lines[body - 1] !== TRY)
      throw new Error("ts-proto writes decoders in another way now");
    tightened.push("    const outer = reader.enter(length);", "    const end = reader.len;");
    tightened.push(...tightenBody(lines.slice(body + 1, end)));
    // `} finally {`, the line that restores the depth, `}`.
    i = end + 2;
  }
  return shareEmptyBytes(tightened).join("\n");
}

function tightenBody(body: readonly string[]): string[] {
  const lines: string[] = [];
  for (let i = 0; i < body.length; i++) {
    if (body[i] === STOP) {
      // The reader refuses both: the three lines go.
      i += 2;
      continue;
    }
    const line = (body[i] as string).replace(/^ {2}/, "");
    lines.push(LINES.reduce((each, [from, to]) => each.replace(from, to), line));
  }
  return lines;
}

/** The empty byte string of a new message is one for the whole file: it cannot be written to. */
function shareEmptyBytes(lines: readonly string[]): string[] {
  const first = lines.findIndex((line) => line.startsWith("function createBase"));
  if (first < 0) return [...lines];
  let used = false;
  let inBase = false;
  const shared = lines.map((line) => {
    if (line.startsWith("function createBase")) inBase = true;
    else if (line === "}") inBase = false;
    if (!inBase) return line;
    const changed = line.replaceAll(/([{,] \w+|^ +\w+): new Uint8Array\(0\)/g, `$1: ${NO_BYTES}`);
    used ||= changed !== line;
    return changed;
  });
  if (used) shared.splice(first, 0, `const ${NO_BYTES}: Uint8Array = new Uint8Array(0);`, "");
  return shared;
}
