// What generated validators ask of values that the language cannot compare by itself: lengths of text, bytes, lists
// without repeats, points in time.

interface Time {
  readonly seconds: bigint;
  readonly nanos: number;
}

const NANOS_PER_MS = 1_000_000;
/** Lists up to this length are compared pair by pair. */
const FEW = 16;

/** Characters of `text` (code points), counted no further than to the first one past `enough`. */
export function characters(text: string, enough: number): number {
  // Every character has one or two units.
  if (text.length <= 1 || text.length > 2 * (enough + 1)) return text.length;
  let count = 0;
  for (let i = 0; i < text.length && count <= enough; i++) {
    if ((text.codePointAt(i) as number) > 0xffff) i++;
    count++;
  }
  return count;
}

/** Bytes of `text` in UTF-8, counted no further than to the first one past `enough`. */
export function utf8Bytes(text: string, enough: number): number {
  let count = 0;
  for (let i = 0; i < text.length && count <= enough; i++) {
    const point = text.codePointAt(i) as number;
    if (point > 0xffff) i++;
    count += point < 0x80 ? 1 : point < 0x800 ? 2 : point < 0x10000 ? 3 : 4;
  }
  return count;
}

/** Bytes that generated code holds as text, one unit a byte. */
export function bytesOf(latin1: string): Uint8Array {
  return Uint8Array.from(latin1, (char) => char.charCodeAt(0));
}

/** True when `part` stands in `bytes` at `at`. */
export function bytesAt(bytes: Uint8Array, part: Uint8Array, at: number): boolean {
  if (at < 0 || at + part.length > bytes.length) return false;
  for (let i = 0; i < part.length; i++) if (bytes[at + i] !== part[i]) return false;
  return true;
}

/** True when both are the same bytes. */
export function sameBytes(a: Uint8Array, b: Uint8Array): boolean {
  return a.length === b.length && bytesAt(a, b, 0);
}

/** A test for `part` anywhere in bytes, in one pass (Knuth, Morris and Pratt). */
export function bytesWith(part: Uint8Array): (bytes: Uint8Array) => boolean {
  const back = new Uint32Array(part.length + 1);
  for (let i = 1, length = 0; i < part.length; i++) {
    while (length > 0 && part[i] !== part[length]) length = back[length] as number;
    if (part[i] === part[length]) length++;
    back[i + 1] = length;
  }
  return (bytes) => {
    let matched = 0;
    for (let i = 0; i < bytes.length && matched < part.length; i++) {
      while (matched > 0 && bytes[i] !== part[matched]) matched = back[matched] as number;
      if (bytes[i] === part[matched]) matched++;
    }
    return matched === part.length;
  };
}

/** Runs `test` on the text that `bytes` hold; false when they hold none. */
export function matchesText(bytes: Uint8Array, test: (text: string) => boolean): boolean {
  try {
    return test(new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes));
  } catch {
    return false;
  }
}

/**
 * True when no two of `items`, which are of one type, are equal. NaN equals nothing. Numbers are sorted and not hashed:
 * what the language hashes numbers with is known, and lists that make it slow can be made.
 */
export function unique(items: readonly unknown[]): boolean {
  if (items.length <= FEW) return items.every((item, index) => !occurs(item, items, index));
  switch (typeof items[0]) {
    case "number":
      return rises(Float64Array.from(items as number[]).sort());
    case "bigint":
      return rises(BigUint64Array.from(items as bigint[]).sort());
    case "boolean":
      return false;
    default:
      return (
        new Set(items.map((item) => (item instanceof Uint8Array ? latin1(item) : item))).size === items.length
      );
  }
}

/** Whether `item` stands before `end` too. */
function occurs(item: unknown, items: readonly unknown[], end: number): boolean {
  for (let i = 0; i < end; i++) {
    const other = items[i];
    if (item === other) return true;
    if (item instanceof Uint8Array && other instanceof Uint8Array && sameBytes(item, other)) return true;
  }
  return false;
}

function rises(sorted: ArrayLike<number | bigint>): boolean {
  for (let i = 1; i < sorted.length; i++) if (sorted[i] === sorted[i - 1]) return false;
  return true;
}

/** One unit a byte, in pieces that `apply` takes. */
function latin1(bytes: Uint8Array): string {
  let text = "";
  for (let i = 0; i < bytes.length; i += 4096) {
    text += String.fromCharCode.apply(null, bytes.subarray(i, i + 4096) as unknown as number[]);
  }
  return text;
}

/** Below 0 when `time` (or duration) is before the one given in parts, above 0 when it is behind it. */
export function compareTime(time: Time, seconds: bigint, nanos: number): number {
  if (time.seconds !== seconds) return time.seconds < seconds ? -1 : 1;
  return time.nanos - nanos;
}

/** `time` against this machine's clock, which counts milliseconds, moved by a duration. */
export function compareNow(time: Time, seconds: bigint, nanos: number): number {
  const now = Date.now();
  const whole = Math.floor(now / 1_000);
  const sum = (now - whole * 1_000) * NANOS_PER_MS + nanos;
  const carry = Math.floor(sum / 1e9);
  return compareTime(time, BigInt(whole + carry) + seconds, sum - carry * 1e9);
}

/** True when each of `paths` is one of `roots` or below one. */
export function pathsWithin(paths: readonly string[], roots: readonly string[]): boolean {
  return paths.every((path) => isBelow(path, roots));
}

/** True when none of `paths` is one of `roots` or below one. */
export function pathsOutside(paths: readonly string[], roots: readonly string[]): boolean {
  return !paths.some((path) => isBelow(path, roots));
}

/** True when both list the same paths in the same order. */
export function samePaths(paths: readonly string[], others: readonly string[]): boolean {
  return paths.length === others.length && paths.every((path, index) => path === others[index]);
}

function isBelow(path: string, roots: readonly string[]): boolean {
  return roots.some((root) => path === root || path.startsWith(`${root}.`));
}
