// Text to UTF-8 and back. One verdict for all sizes: bytes that are not UTF-8 (overlong forms, surrogates, above
// U+10FFFF, cut short) are refused whichever path reads them; a lone surrogate is written as U+FFFD.
// The host's own routines are used where they exist and pass a test at load; elsewhere the encoding standard's.
import { SHORT_TEXT_BYTES, shortAscii } from "./short-text.ts";

/** What Node's Buffer can do to any Uint8Array. */
interface HostText {
  utf8Slice(this: Uint8Array, start: number, end: number): string;
  utf8Write(this: Uint8Array, text: string, offset: number, length: number): number;
}

interface StandardText {
  TextEncoder: new () => { encodeInto(text: string, target: Uint8Array): { written: number } };
  TextDecoder: new (
    label: "utf-8",
    options: { fatal: boolean; ignoreBOM: boolean },
  ) => { decode(bytes: Uint8Array): string };
}

type Decode = (bytes: Uint8Array, start: number, end: number) => string | undefined;
type Encode = (text: string, bytes: Uint8Array, at: number) => number;

const REPLACEMENT = "\ufffd";
const SAMPLE = "a\u00e9\u20ac\ud83d\ude00z";
const SAMPLE_BYTES = [0x61, 0xc3, 0xa9, 0xe2, 0x82, 0xac, 0xf0, 0x9f, 0x98, 0x80, 0x7a];

/** Longest text, in UTF-16 units, for which a loop beats a call into the host. */
const LOOP_UNITS = 32;

/** The bytes from `start` to `end`, which lie within `bytes`, as text; undefined when they are not UTF-8. */
export function decodeText(bytes: Uint8Array, start: number, end: number): string | undefined {
  if (end - start <= SHORT_TEXT_BYTES) {
    const text = shortAscii(bytes, start, end - start);
    if (text !== undefined) return text;
  }
  return decodeLong(bytes, start, end);
}

/** Writes `text` at `at` and returns how many bytes it took. Needs room for three bytes per UTF-16 unit. */
export function encodeText(text: string, bytes: Uint8Array, at: number): number {
  return encodeLong(text, bytes, at);
}

/** Writes `text` if it is short and ASCII, one byte per unit. False leaves garbage behind `at`. */
export function encodeShortAscii(text: string, bytes: Uint8Array, at: number): boolean {
  const units = text.length;
  if (units > LOOP_UNITS) return false;
  for (let i = 0; i < units; i++) {
    const code = text.charCodeAt(i);
    if (code > 0x7f) return false;
    bytes[at + i] = code;
  }
  return true;
}

/** Whether the bytes from `start` to `end` are UTF-8 as the Unicode standard's table 3-7 has it. */
export function isUtf8(bytes: Uint8Array, start: number, end: number): boolean {
  let at = start;
  while (at < end) {
    const lead = bytes[at] as number;
    at++;
    if (lead < 0x80) continue;
    if (lead < 0xc2 || lead > 0xf4) return false;
    const more = lead < 0xe0 ? 1 : lead < 0xf0 ? 2 : 3;
    if (at + more > end) return false;
    const second = bytes[at] as number;
    if (second < lowestSecond(lead) || second > highestSecond(lead)) return false;
    for (let i = 1; i < more; i++) {
      if (((bytes[at + i] as number) & 0xc0) !== 0x80) return false;
    }
    at += more;
  }
  return true;
}

function lowestSecond(lead: number): number {
  return lead === 0xe0 ? 0xa0 : lead === 0xf0 ? 0x90 : 0x80;
}

function highestSecond(lead: number): number {
  return lead === 0xed ? 0x9f : lead === 0xf4 ? 0x8f : 0xbf;
}

/** The host replaces what is not UTF-8, so a replacement character asks for a closer look. */
function hostDecode(host: HostText): Decode {
  const slice = host.utf8Slice;
  return (bytes, start, end) => {
    const text = slice.call(bytes, start, end);
    return text.includes(REPLACEMENT) && !isUtf8(bytes, start, end) ? undefined : text;
  };
}

function standardDecode(standard: StandardText): Decode {
  const decoder = new standard.TextDecoder("utf-8", { fatal: true, ignoreBOM: true });
  return (bytes, start, end) =>
    isUtf8(bytes, start, end) ? decoder.decode(bytes.subarray(start, end)) : undefined;
}

function hostEncode(host: HostText): Encode {
  const write = host.utf8Write;
  return (text, bytes, at) => write.call(bytes, text, at, text.length * 3);
}

function standardEncode(standard: StandardText): Encode {
  const encoder = new standard.TextEncoder();
  return (text, bytes, at) => encoder.encodeInto(text, bytes.subarray(at)).written;
}

/** Node 22.7.0 alone writes Latin-1 where utf8Write should write UTF-8. */
function writesUtf8(encode: Encode): boolean {
  const out = new Uint8Array(SAMPLE.length * 3 + 1);
  const written = encode(SAMPLE, out, 1);
  const latin = encode("\u00e9", new Uint8Array(4), 1);
  return (
    written === SAMPLE_BYTES.length && SAMPLE_BYTES.every((byte, i) => out[i + 1] === byte) && latin === 2
  );
}

/** The routines that `globals` offers: Buffer's where they work, else those of the encoding standard. */
export function chooseTextCodecs(globals: object): { decode: Decode; encode: Encode } {
  const standard = globals as StandardText;
  const host = (globals as { Buffer?: { prototype?: Partial<HostText> } }).Buffer?.prototype;
  if (typeof host?.utf8Slice !== "function" || typeof host.utf8Write !== "function") {
    return { decode: standardDecode(standard), encode: standardEncode(standard) };
  }
  const encode = hostEncode(host as HostText);
  return {
    decode: hostDecode(host as HostText),
    encode: writesUtf8(encode) ? encode : standardEncode(standard),
  };
}

const { decode: decodeLong, encode: encodeLong } = chooseTextCodecs(globalThis);
