// IP addresses and prefixes as text, by RFC 3986's grammar and RFC 4291; a zone (RFC 4007) may be any text.

/** The bits of an address as bytes, or undefined when `text` is none. */
function parseV4(text: string): number[] | undefined {
  if (text.length > 15) return undefined;
  const parts = text.split(".");
  if (parts.length !== 4) return undefined;
  const bytes = parts.map((part) => decimal(part, 255));
  return bytes.includes(-1) ? undefined : bytes;
}

/** A number without sign and leading zeros, at most `max`; -1 when it is none. */
function decimal(text: string, max: number): number {
  if (!/^(?:0|[1-9][0-9]{0,4})$/.test(text)) return -1;
  const value = Number(text);
  return value > max ? -1 : value;
}

function parseV6(text: string): number[] | undefined {
  // Eight groups of four digits, or six and a dotted rest.
  if (text.length > 45) return undefined;
  const halves = text.split("::");
  if (halves.length > 2) return undefined;
  const [head = "", tail] = halves;
  const left = groups(head, tail === undefined);
  const right = tail === undefined ? [] : groups(tail, true);
  if (left === undefined || right === undefined) return undefined;
  const missing = 16 - left.length - right.length;
  if (tail === undefined ? missing !== 0 : missing < 2) return undefined;
  return [...left, ...new Array<number>(missing).fill(0), ...right];
}

/** `1:2:3`, at the end perhaps with a dotted address. */
function groups(text: string, mayEndDotted: boolean): number[] | undefined {
  if (text === "") return [];
  const bytes: number[] = [];
  const parts = text.split(":");
  for (const [index, part] of parts.entries()) {
    if (mayEndDotted && index === parts.length - 1 && part.includes(".")) {
      const dotted = parseV4(part);
      if (dotted === undefined) return undefined;
      bytes.push(...dotted);
    } else {
      if (!/^[0-9a-fA-F]{1,4}$/.test(part)) return undefined;
      const group = Number.parseInt(part, 16);
      bytes.push(group >> 8, group & 255);
    }
  }
  return bytes;
}

/** An address such as "192.168.5.21". */
export function isIpv4(text: string): boolean {
  return parseV4(text) !== undefined;
}

/** An address such as "::1" or "fe80::a%en1". */
export function isIpv6(text: string): boolean {
  const zone = text.indexOf("%");
  if (zone < 0) return parseV6(text) !== undefined;
  return zone < text.length - 1 && parseV6(text.slice(0, zone)) !== undefined;
}

/** Either of the two. */
export function isIp(text: string): boolean {
  return isIpv4(text) || isIpv6(text);
}

/** An IPv4 address with a prefix length; `strict`: with no bit set behind the prefix. */
export function isIpv4Prefix(text: string, strict: boolean): boolean {
  return isPrefix(text, parseV4, 32, strict);
}

/** The same for IPv6, without a zone. */
export function isIpv6Prefix(text: string, strict: boolean): boolean {
  return isPrefix(text, parseV6, 128, strict);
}

function isPrefix(
  text: string,
  parse: (text: string) => number[] | undefined,
  bits: number,
  strict: boolean,
): boolean {
  const slash = text.indexOf("/");
  if (slash < 0) return false;
  const bytes = parse(text.slice(0, slash));
  const length = decimal(text.slice(slash + 1), bits);
  if (bytes === undefined || length < 0) return false;
  return !strict || bytes.every((byte, index) => (byte & (0xff >> clamp(length - 8 * index))) === 0);
}

function clamp(bits: number): number {
  return Math.max(0, Math.min(8, bits));
}
