// FNV-1a, 32 bit, over UTF-8: the number that a method travels under, and the fingerprint of a service.

const OFFSET_BASIS = 0x811c9dc5;
const PRIME = 0x01000193;

/** FNV-1a (32 bit) of `text`, as an unsigned number. */
export function fnv1a(text: string): number {
  let hash = OFFSET_BASIS;
  for (const byte of new TextEncoder().encode(text)) hash = Math.imul(hash ^ byte, PRIME);
  return hash >>> 0;
}

/** The id of the method `package.Service/Method`. */
export function methodId(path: string): number {
  return fnv1a(path);
}
