// The collector's memory that outlives it: every batch is on file before it is acknowledged, so a collector that is
// killed has lost nothing it said yes to. The entries are messages of the schema: codecs serve files too.
//
//   [length u32][JournalEntry] [length u32][JournalEntry] …

import { closeSync, fstatSync, ftruncateSync, openSync, readFileSync, readSync, writevSync } from "node:fs";
import { JournalEntry } from "./gen/fleet/v1/fleet.ts";

const PREFIX = 4;

/** An open journal. */
export class Journal {
  readonly #file: number;

  private constructor(file: number) {
    this.#file = file;
  }

  /**
   * Hands every entry to `replay` and goes on behind the last one. Half an entry at the end is cut off: its writer
   * died before it acknowledged it, and the agent sends it again.
   */
  static open(path: string, replay: (entry: JournalEntry) => void): Journal {
    const file = openSync(path, "a+", 0o600);
    const bytes = readFileSync(path);
    const end = replayAll(bytes, replay);
    if (end < bytes.length) ftruncateSync(file, end);
    return new Journal(file);
  }

  /** Returns when the entry is with the operating system: from then on the death of this process does not harm it. */
  append(entry: JournalEntry): void {
    const body = JournalEntry.encode(entry).finish();
    const prefix = Buffer.allocUnsafe(PREFIX);
    prefix.writeUInt32BE(body.length);
    const written = writevSync(this.#file, [prefix, body]);
    if (written !== PREFIX + body.length) throw new Error("the journal's disk is full");
  }

  close(): void {
    closeSync(this.#file);
  }
}

/** Reads a journal that somebody else writes, and goes on where it has stopped the last time. */
export class JournalReader {
  readonly #file: number;
  #at = 0;

  constructor(path: string) {
    this.#file = openSync(path, "r");
  }

  /** Hands every entry that is new to `replay`. */
  read(replay: (entry: JournalEntry) => void): void {
    const bytes = Buffer.allocUnsafe(fstatSync(this.#file).size - this.#at);
    const length = readSync(this.#file, bytes, 0, bytes.length, this.#at);
    this.#at += replayAll(bytes.subarray(0, length), replay);
  }

  close(): void {
    closeSync(this.#file);
  }
}

/** Hands every whole entry to `replay`; returns where the last one ends. */
function replayAll(bytes: Buffer, replay: (entry: JournalEntry) => void): number {
  let at = 0;
  while (at + PREFIX <= bytes.length) {
    const end = at + PREFIX + bytes.readUInt32BE(at);
    if (end > bytes.length) break;
    replay(JournalEntry.decode(bytes.subarray(at + PREFIX, end)));
    at = end;
  }
  return at;
}
