// Schema comments become JSDoc. A comment is untrusted text: it must not close the block it stands in, carry
// characters that show something else than the compiler reads, or steer the compiler.

// biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is removed
const INVISIBLE = /[\u0000-\u0008\u000e-\u001f\u007f\u200b-\u200f\u202a-\u202e\u2060-\u2069\ufeff]/g;
// biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is replaced
const LINE_BREAKS = /\r\n?|[\u000b\u000c\u0085\u2028\u2029]/g;

/** Lines that speak to buf's linter, not to readers. */
const LINT_SWITCHES = /^[ \t]*buf:lint:ignore\b.*\n?/gm;

/** `text` as it may stand inside a block comment. */
export function cleanComment(text: string): string {
  return text
    .replace(LINE_BREAKS, "\n")
    .replace(INVISIBLE, "")
    .replaceAll("*/", "*\\/")
    .replaceAll("@ts-", "@ ts-")
    .replace(LINT_SWITCHES, "");
}

/** A JSDoc block for `comment` at `indent`, with its line end; "" when there is nothing to say. */
export function jsDoc(comment: string, indent = "", deprecated = false): string {
  const lines = cleanComment(comment)
    .split("\n")
    .map((line) => line.replace(/^ /, "").trimEnd());
  while (lines[0] === "") lines.shift();
  while (lines.at(-1) === "") lines.pop();
  if (deprecated && !lines.some((line) => line.includes("@deprecated"))) {
    if (lines.length > 0) lines.push("");
    lines.push("@deprecated The schema says so.");
  }
  if (lines.length === 0) return "";
  if (lines.length === 1) return `${indent}/** ${lines[0]} */\n`;
  return [`${indent}/**`, ...lines.map((line) => `${indent} * ${line}`.trimEnd()), `${indent} */\n`].join(
    "\n",
  );
}
