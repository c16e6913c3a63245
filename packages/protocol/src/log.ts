// What a server or a client says of itself: one structured entry an event, one line an entry. Text that a peer chose reaches a log
// only as a JSON string with its control characters escaped and its length capped.

/** One event worth telling. */
export interface LogEntry {
  readonly level: "info" | "warn" | "error";
  /** What happened, in a fixed set of words: `listening`, `handler-failed`, `one-way-failed`, … */
  readonly event: string;
  readonly message: string;
  /** Address of the peer, where there is one. */
  readonly peer?: string;
  readonly method?: string;
  readonly error?: unknown;
}

/** Takes log entries. */
export type Log = (entry: LogEntry) => void;

/** Longest text in a line, in characters as they stand there: all texts and names together stay below 1 KiB. */
const MAX_TEXT = 256;
/** The same for the stack of an error, which comes on top. */
const MAX_STACK = 2_048;

/** One line of JSON for an entry, without control or direction-changing characters. */
export function formatLogEntry(entry: LogEntry): string {
  const { level, event, message, peer, method, error } = entry;
  const fields = {
    level,
    event,
    message: capped(message, MAX_TEXT),
    ...(peer === undefined ? {} : { peer: capped(peer, MAX_TEXT) }),
    ...(method === undefined ? {} : { method: capped(method, MAX_TEXT) }),
    ...(error === undefined ? {} : { error: describe(error) }),
  };
  return JSON.stringify(fields).replace(
    /[^\x20-\x7e]/g,
    (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, "0")}`,
  );
}

/** The standard log: warnings and errors to stderr, a line of JSON each. */
export const stderrLog: Log = (entry) => {
  if (entry.level !== "info") process.stderr.write(`${formatLogEntry(entry)}\n`);
};

/** Whatever can be thrown has a text here, even what cannot be turned into one. */
function describe(error: unknown): string {
  try {
    return error instanceof Error
      ? capped(String(error.stack ?? error.message), MAX_STACK)
      : capped(String(error), MAX_TEXT);
  } catch {
    return "something that has no text";
  }
}

/** As much of a text as takes at most `most` characters once it is escaped. */
function capped(value: string, most: number): string {
  let room = most;
  for (let i = 0; i < value.length; i++) {
    room -= escapedLength(value.charCodeAt(i));
    if (room < 0) return value.slice(0, i);
  }
  return value;
}

function escapedLength(code: number): number {
  if (code === 0x0a || code === 0x22 || code === 0x5c) return 2;
  return code >= 0x20 && code <= 0x7e ? 1 : 6;
}
