// What goes wrong in a generator run, and how it reads: one line per issue, with the place and the way out.

/** One thing that is wrong, where it is, and what to do about it. */
export interface Issue {
  /** The file as its owner knows it: relative to the working directory, or as the compiler named it. */
  readonly file?: string | undefined;
  /** Counted from 1. */
  readonly line?: number | undefined;
  /** Counted from 1. */
  readonly column?: number | undefined;
  /** What is wrong, and what to do: one sentence, no full stop. */
  readonly text: string;
}

/** `schema`: the .proto files are wrong. `usage`: the call or its configuration is. `tool`: the compiler failed. */
export type CodegenErrorKind = "schema" | "usage" | "tool";

/** Everything that was found wrong in one run. Its message holds one line per issue. */
export class CodegenError extends Error {
  override readonly name: string = "CodegenError";
  readonly kind: CodegenErrorKind;
  readonly issues: readonly Issue[];

  constructor(kind: CodegenErrorKind, issues: readonly Issue[], options?: ErrorOptions) {
    const sorted = issues.toSorted(byPlace);
    super(sorted.map(formatIssue).join("\n"), options);
    this.kind = kind;
    this.issues = sorted;
  }
}

/** `file:line:column: text`, as editors and terminals link it. */
export function formatIssue(issue: Issue): string {
  const place = [issue.file, issue.line, issue.column].filter((part) => part !== undefined);
  return oneLine(place.length === 0 ? issue.text : `${place.join(":")}: ${issue.text}`);
}

/** An error in how the generator was called. */
export function usageError(text: string, file?: string): CodegenError {
  return new CodegenError("usage", [{ file, text }]);
}

/** Schema text can stand in a message; it must not be able to forge a second line or colour the terminal. */
function oneLine(text: string): string {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is replaced
  return text.replace(/[\u0000-\u001f\u007f-\u009f\u2028\u2029]+/g, " ").trim();
}

/** By file, then down the file. */
function byPlace(a: Issue, b: Issue): number {
  const [left, right] = [a.file ?? "", b.file ?? ""];
  if (left !== right) return left < right ? -1 : 1;
  return (a.line ?? 0) - (b.line ?? 0) || (a.column ?? 0) - (b.column ?? 0);
}
