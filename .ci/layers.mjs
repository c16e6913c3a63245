// The layer rule: each package lists only lower ones, nothing lists the packages that use them, the root lists
// none, and sockets appear in three files. Biome refuses undeclared imports, so what is listed is what is used.
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { layers, manifestOf, root, sourceFiles, users } from "./workspace.mjs";

const socketFiles = [
  "packages/protocol/src/socket-transport.ts",
  "packages/client/src/dialer.ts",
  "packages/server/src/listener.ts",
];
const socketImport = /(?:from|import|require)\s*\(?\s*["'](?:node:)?(?:net|tls)["']/;

function listedBy(dir) {
  const { dependencies, devDependencies, peerDependencies, optionalDependencies } = manifestOf(dir);
  return Object.keys({ ...dependencies, ...devDependencies, ...peerDependencies, ...optionalDependencies });
}

export function checkLayers() {
  const problems = [];
  for (const [dir, lower] of Object.entries(layers)) {
    const above = listedBy(dir).filter((name) => name.startsWith("@vertex/") && !lower.includes(name));
    problems.push(...above.map((name) => `${dir} lists ${name}, which is not below it`));
    const sockets = sourceFiles(dir).filter((file) =>
      socketImport.test(readFileSync(join(root, file), "utf8")),
    );
    const astray = sockets.filter((file) => !socketFiles.includes(file));
    problems.push(...astray.map((file) => `${file} imports node:net or node:tls`));
  }
  const topmost = users.map((dir) => manifestOf(dir).name);
  for (const dir of users) {
    const others = listedBy(dir).filter((name) => topmost.includes(name));
    problems.push(...others.map((name) => `${dir} lists ${name}, which nothing may import`));
  }
  const own = listedBy(".").filter((name) => name.startsWith("@vertex/"));
  problems.push(
    ...own.map((name) => `the root lists ${name}; with it, every package could import it undeclared`),
  );
  if (problems.length > 0) throw new Error(problems.join("\n"));
}
