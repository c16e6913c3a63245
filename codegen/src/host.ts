// Where a command stands and where it prints, so that tests can stand and read elsewhere.

import { relative } from "node:path";
import type { WriteResult } from "./write.ts";

export interface CommandHost {
  /** What relative paths are relative to. */
  readonly cwd: string;
  out(line: string): void;
  error(line: string): void;
  /** Ends a watch. */
  readonly signal?: AbortSignal;
}

/** Prints what a run changed, one line. */
export function report(host: CommandHost, out: string, result: WriteResult): void {
  const { written, unchanged, removed } = result;
  const below = relative(host.cwd, out) || ".";
  const place = below.startsWith("..") ? out : below;
  const gone = removed.length > 0 ? `, ${removed.length} removed` : "";
  host.out(`${place}: ${written.length} written, ${unchanged.length} unchanged${gone}`);
}
