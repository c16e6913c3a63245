// The one peer that a process is for: a file of its own in dist/, so that the process holds no other's code.

/** Imports `src/peers/<peer>/<end>.ts`, built, of the peer that the command line names. */
export function importPeer<T>(end: "server" | "client"): Promise<T> {
  // An address, not a path: esbuild would put whatever fits a path into the file.
  return import(new URL(`./${process.argv[2]}-${end}.js`, import.meta.url).href) as Promise<T>;
}
