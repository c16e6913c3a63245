// URIs by RFC 3986, with the zones of RFC 6874. Cut at the separators first, then each part is checked on its own:
// every expression below is one class, repeated, so that the whole takes one pass over the text.

import { isIpv6 } from "./ip.ts";

const SCHEME = /^[A-Za-z][A-Za-z0-9+.-]*$/;
/** unreserved and sub-delims; percent signs are checked by `escapes`. */
const USER_INFO = /^[A-Za-z0-9._~!$&'()*+,;=:%-]*$/;
const REG_NAME = /^[A-Za-z0-9._~!$&'()*+,;=%-]*$/;
const PATH = /^[A-Za-z0-9._~!$&'()*+,;=:@%/-]*$/;
const QUERY = /^[A-Za-z0-9._~!$&'()*+,;=:@%/?-]*$/;
const ZONE = /^[A-Za-z0-9._~%-]+$/;
const FUTURE = /^v[0-9A-Fa-f]+\.[A-Za-z0-9._~!$&'()*+,;=:-]+$/;
const PORT = /^[0-9]*$/;
const HEX = /^[0-9A-Fa-f]{2}$/;

/** A URI, such as "https://example.com/a?b#c". */
export function isUri(text: string): boolean {
  const colon = text.indexOf(":");
  return colon > 0 && SCHEME.test(text.slice(0, colon)) && isRest(text.slice(colon + 1), true);
}

/** A URI or a relative reference, such as "./a?b". */
export function isUriRef(text: string): boolean {
  return isUri(text) || isRest(text, false);
}

/** What follows the scheme, or all of a relative reference. */
function isRest(text: string, hasScheme: boolean): boolean {
  const [beforeFragment, fragment] = cut(text, "#");
  const [hierarchy, query] = cut(beforeFragment, "?");
  if (fragment !== undefined && !isPart(fragment, QUERY)) return false;
  if (query !== undefined && !isPart(query, QUERY)) return false;
  if (!hierarchy.startsWith("//")) return isPath(hierarchy, hasScheme);
  const slash = hierarchy.indexOf("/", 2);
  const end = slash < 0 ? hierarchy.length : slash;
  return isAuthority(hierarchy.slice(2, end)) && isPart(hierarchy.slice(end), PATH);
}

/** A path without an authority before it. */
function isPath(path: string, hasScheme: boolean): boolean {
  if (!isPart(path, PATH)) return false;
  // A colon in its first segment would make a scheme of what stands before it.
  return hasScheme || !cut(path, "/")[0].includes(":");
}

function isAuthority(text: string): boolean {
  const at = text.indexOf("@");
  if (at >= 0 && !isPart(text.slice(0, at), USER_INFO)) return false;
  const hostPort = text.slice(at + 1);
  if (hostPort.startsWith("[")) {
    const end = hostPort.indexOf("]");
    const rest = hostPort.slice(end + 1);
    return end > 0 && isLiteral(hostPort.slice(1, end)) && (rest === "" || isPort(rest));
  }
  const colon = hostPort.indexOf(":");
  const host = colon < 0 ? hostPort : hostPort.slice(0, colon);
  return isPart(host, REG_NAME) && isText(host) && (colon < 0 || isPort(hostPort.slice(colon)));
}

/** What stands in brackets. */
function isLiteral(text: string): boolean {
  const zone = text.indexOf("%");
  if (zone < 0) return isIpv6(text) || FUTURE.test(text);
  if (!text.startsWith("%25", zone) || !isIpv6(text.slice(0, zone))) return false;
  const name = text.slice(zone + 3);
  return isPart(name, ZONE) && isText(name);
}

function isPort(text: string): boolean {
  return text.startsWith(":") && PORT.test(text.slice(1));
}

function isPart(text: string, allowed: RegExp): boolean {
  return allowed.test(text) && escapes(text);
}

/** Every percent sign has two hexadecimal digits behind it. */
function escapes(text: string): boolean {
  for (let at = text.indexOf("%"); at >= 0; at = text.indexOf("%", at + 3)) {
    if (!HEX.test(text.slice(at + 1, at + 3))) return false;
  }
  return true;
}

/** What is escaped is UTF-8. */
function isText(text: string): boolean {
  if (!text.includes("%")) return true;
  try {
    decodeURIComponent(text);
    return true;
  } catch {
    return false;
  }
}

/** Before and behind the first `separator`. */
function cut(text: string, separator: string): [before: string, behind: string | undefined] {
  const at = text.indexOf(separator);
  return at < 0 ? [text, undefined] : [text.slice(0, at), text.slice(at + 1)];
}
