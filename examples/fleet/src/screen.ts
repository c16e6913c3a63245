// The terminal: a story that grows line by line, and on a live terminal a table below it that is drawn again and
// again in its place. Anything else (a file, a pipe, CI) gets lines only.

import type { WriteStream } from "node:tty";

const ESCAPE = "\u001b[";

/** Where the demo writes. */
export class Screen {
  /** True where the table can be drawn again in its place. */
  readonly live: boolean;
  readonly #out: WriteStream;
  readonly #startedAt = performance.now();
  #table: readonly string[] = [];
  #drawn = 0;

  constructor(out: WriteStream, environment: NodeJS.ProcessEnv) {
    this.#out = out;
    const { CI, TERM } = environment;
    this.live = out.isTTY === true && (CI === undefined || CI === "false") && TERM !== "dumb";
  }

  /** One line of the story, with the time. */
  tell(text: string): void {
    const seconds = ((performance.now() - this.#startedAt) / 1_000).toFixed(1).padStart(5);
    this.#write([`${seconds} s  ${text}`]);
  }

  /** Lines as they are. */
  print(lines: readonly string[]): void {
    this.#write(lines);
  }

  /** The table has new figures. */
  refresh(table: readonly string[]): void {
    this.#table = table;
    if (this.live) this.#write([]);
  }

  /** The table as it is now, into the story: for those who have no live one. */
  snapshot(): void {
    if (!this.live) this.#write(["", ...this.#table.map((line) => `         ${line}`), ""]);
  }

  /** Ends the table: what was drawn last stays. */
  leave(): void {
    this.#drawn = 0;
    this.#table = [];
  }

  #write(lines: readonly string[]): void {
    const up = this.#drawn === 0 ? "" : `${ESCAPE}${this.#drawn}A`;
    const clear = this.live ? `${up}\r${ESCAPE}J` : "";
    const shown =
      this.live && this.#table.length > 0 ? ["", ...this.#table.map((line) => this.#fit(line))] : [];
    this.#drawn = shown.length;
    this.#out.write(clear + [...lines, ...shown].map((line) => `${line}\n`).join(""));
  }

  /** A line that wraps would take two, and the next drawing would start at the wrong one. */
  #fit(line: string): string {
    return line.slice(0, Math.max(20, this.#out.columns ?? 80) - 1);
  }
}
