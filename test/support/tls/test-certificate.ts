// The certificate that tests of tls:// use. Its key is public: see the README beside it.
import { readFileSync } from "node:fs";

const read = (name: string): string => readFileSync(new URL(name, import.meta.url), "utf8");

export const certificate = read("test-only-cert.pem");
export const key = read("test-only-key.pem");

/** Options of a server that shows the certificate. */
export const serverTls = { cert: certificate, key };
/** Options of a client that trusts it and nothing else. */
export const clientTls = { ca: certificate };
