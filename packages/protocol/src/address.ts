// Addresses as users write them: tcp://host:port, tls://host:port, unix:/path.

import { usageError } from "./vertex-error.ts";

/** An address, read. */
export type Address =
  | { readonly scheme: "tcp" | "tls"; readonly host: string; readonly port: number }
  | { readonly scheme: "unix"; readonly path: string };

/** Longest path of a Unix socket that every system takes, in bytes. */
const MAX_UNIX_PATH = 107;

/**
 * Reads an address.
 * @throws VertexError (usage) that says what is wrong and what an address looks like.
 */
export function parseAddress(text: string): Address {
  if (text.startsWith("unix:")) {
    const path = text.slice("unix:".length).replace(/^\/\/(?=\/)/, "");
    if (path === "" || path.includes("\0")) throw bad(text, "it has no path");
    if (new TextEncoder().encode(path).length > MAX_UNIX_PATH) {
      throw bad(text, `a socket path has at most ${MAX_UNIX_PATH} bytes`);
    }
    return { scheme: "unix", path };
  }
  const found = /^(tcp|tls):\/\/(\[[0-9a-fA-F:.]+(?:%[\w.-]+)?\]|[^:/?#@\s[\]]+):(\d{1,5})\/?$/.exec(text);
  if (found === null) throw bad(text, "it is not of the form scheme://host:port");
  const port = Number(found[3]);
  if (port > 65_535) throw bad(text, "a port is at most 65535");
  const host = (found[2] as string).replace(/^\[|\]$/g, "");
  return { scheme: found[1] as "tcp" | "tls", host, port };
}

/** The text of an address. */
export function formatAddress(address: Address): string {
  if (address.scheme === "unix") return `unix:${address.path}`;
  const host = address.host.includes(":") ? `[${address.host}]` : address.host;
  return `${address.scheme}://${host}:${address.port}`;
}

function bad(text: string, why: string): Error {
  const shown = JSON.stringify(text.slice(0, 128));
  return usageError(
    `${shown} is no address: ${why}. Write tcp://127.0.0.1:7400, tls://host:7400 or unix:/run/app.sock`,
  );
}
