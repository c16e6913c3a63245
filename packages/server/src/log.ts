// What a server says of itself: one structured entry an event, one line a entry. Text that a peer chose reaches a log
// only as a JSON string with its control characters escaped and its length capped.

/** One event worth telling. */
export interface LogEntry {
  readonly level: "info" | "warn" | "error";
  /** What happened, in a fixed set of words: `listening`, `handler-failed`, `connection-dismissed`, … */
  readonly event: string;
  readonly message: string;
  /** Address of the peer, where there is one. */
  readonly peer?: string;
  readonly method?: string;
  readonly error?: unknown;
}

/** Takes log entries. */
export type Log = (entry: LogEntry) => void;

const MAX_TEXT = 256;

/** One line of JSON for an entry, without control or direction-changing characters. */
export function formatLogEntry(entry: LogEntry): string {
  const { level, event, message, peer, method, error } = entry;
  const text = (value: string) => value.slice(0, MAX_TEXT);
  const fields = {
    level,
    event,
    message: text(message),
    ...(peer === undefined ? {} : { peer: text(peer) }),
    ...(method === undefined ? {} : { method: text(method) }),
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

function describe(error: unknown): string {
  return error instanceof Error
    ? (error.stack ?? error.message).slice(0, 2_048)
    : String(error).slice(0, MAX_TEXT);
}
