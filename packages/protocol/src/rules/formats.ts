// The well-known formats of text, as protovalidate defines them. Each reads the text once. The empty text passes:
// rules that refuse it do so by a name of their own.

import { isIp, isIpv4, isIpv4Prefix, isIpv6, isIpv6Prefix } from "./ip.ts";
import { isUri, isUriRef } from "./uri.ts";

const EMAIL_NAME = /^[a-zA-Z0-9.!#$%&'*+/=?^_`{|}~-]+$/;
const LABEL = /^[a-zA-Z0-9](?:[a-zA-Z0-9-]{0,61}[a-zA-Z0-9])?$/;
const DIGITS = /^[0-9]+$/;
const PORT = /^(?:0|[1-9][0-9]{0,4})$/;
const UUID = /^[0-9a-fA-F]{8}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{12}$/;
const TRIMMED_UUID = /^[0-9a-fA-F]{32}$/;
const ULID = /^[0-7][0-9A-HJKMNP-TV-Za-hjkmnp-tv-z]{25}$/;
const IDENTIFIER = /^[A-Za-z_][A-Za-z_0-9]*$/;
/** With a comma, as protovalidate has it. */
const HEADER_NAME = /^:?[0-9a-zA-Z!#$%&'*+,\-.^_|~`]+$/;
// biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is refused
const HEADER_NAME_LOOSE = /^[^\u0000\n\r]+$/;
// biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is refused
const HEADER_VALUE = /^[^\u0000-\u0008\n-\u001f\u007f]*$/;
// biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is refused
const HEADER_VALUE_LOOSE = /^[^\u0000\n\r]*$/;
const MAX_HOSTNAME = 253;
const MAX_LABEL = 63;

/** An address by the HTML standard, which leaves out what nobody means: quotes, comments, literals. */
function isEmail(text: string): boolean {
  const at = text.indexOf("@");
  return at > 0 && EMAIL_NAME.test(text.slice(0, at)) && everyPart(text, at + 1, isLabel);
}

function isLabel(text: string): boolean {
  return text.length <= MAX_LABEL && LABEL.test(text);
}

/** Whether `test` takes every part of `text` from `start` on, cut at the dots. It stops at the first that it does not. */
function everyPart(text: string, start: number, test: (part: string) => boolean): boolean {
  for (let from = start; ; ) {
    const dot = text.indexOf(".", from);
    if (dot < 0) return test(text.slice(from));
    if (!test(text.slice(from, dot))) return false;
    from = dot + 1;
  }
}

/** Labels of letters, digits and inner hyphens; the last one not only digits. A dot may stand at the end. */
function isHostname(text: string): boolean {
  const name = text.endsWith(".") ? text.slice(0, -1) : text;
  return (
    name.length <= MAX_HOSTNAME &&
    everyPart(name, 0, isLabel) &&
    !DIGITS.test(name.slice(name.lastIndexOf(".") + 1))
  );
}

/** A host and a port: "example.com:80", "[::1]:80". */
function isHostAndPort(text: string): boolean {
  const colon = text.lastIndexOf(":");
  const port = text.slice(colon + 1);
  if (colon < 0 || !PORT.test(port) || Number(port) > 65_535) return false;
  const host = text.slice(0, colon);
  if (host.startsWith("[")) return host.endsWith("]") && isIpv6(host.slice(1, -1));
  return isHostname(host) || isIpv4(host);
}

function isProtobufName(text: string): boolean {
  return everyPart(text, 0, (part) => IDENTIFIER.test(part));
}

/** The formats by the names of their rules. */
export const formats: { readonly [name: string]: (text: string) => boolean } = {
  email: orEmpty(isEmail),
  hostname: orEmpty(isHostname),
  ip: orEmpty(isIp),
  ipv4: orEmpty(isIpv4),
  ipv6: orEmpty(isIpv6),
  uri: orEmpty(isUri),
  uri_ref: isUriRef,
  address: orEmpty((text) => isHostname(text) || isIp(text)),
  uuid: orEmpty((text) => UUID.test(text)),
  tuuid: orEmpty((text) => TRIMMED_UUID.test(text)),
  ulid: orEmpty((text) => ULID.test(text)),
  ip_with_prefixlen: orEmpty((text) => isIpv4Prefix(text, false) || isIpv6Prefix(text, false)),
  ipv4_with_prefixlen: orEmpty((text) => isIpv4Prefix(text, false)),
  ipv6_with_prefixlen: orEmpty((text) => isIpv6Prefix(text, false)),
  ip_prefix: orEmpty((text) => isIpv4Prefix(text, true) || isIpv6Prefix(text, true)),
  ipv4_prefix: orEmpty((text) => isIpv4Prefix(text, true)),
  ipv6_prefix: orEmpty((text) => isIpv6Prefix(text, true)),
  host_and_port: orEmpty(isHostAndPort),
  protobuf_fqn: orEmpty(isProtobufName),
  protobuf_dot_fqn: orEmpty((text) => text.startsWith(".") && isProtobufName(text.slice(1))),
  header_name: orEmpty((text) => HEADER_NAME.test(text)),
  header_name_loose: orEmpty((text) => HEADER_NAME_LOOSE.test(text)),
  header_value: (text) => HEADER_VALUE.test(text),
  header_value_loose: (text) => HEADER_VALUE_LOOSE.test(text),
};

function orEmpty(test: (text: string) => boolean): (text: string) => boolean {
  return (text) => text === "" || test(text);
}
