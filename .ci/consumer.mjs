// Packs the published packages as npm would get them, unpacks them into a project of their own, and looks at them
// from there: TypeScript 5.9 at its strictest, Node's import and Node's require.
import { existsSync, mkdirSync, readdirSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { hasCode, manifestOf, published, root, run } from "./workspace.mjs";

const folder = join(root, ".tmp/consumer");

const strictest = {
  strict: true,
  noUncheckedIndexedAccess: true,
  exactOptionalPropertyTypes: true,
  noImplicitOverride: true,
  noImplicitReturns: true,
  noFallthroughCasesInSwitch: true,
  noPropertyAccessFromIndexSignature: true,
  noUncheckedSideEffectImports: true,
  verbatimModuleSyntax: true,
  isolatedModules: true,
  skipLibCheck: false,
  noEmit: true,
};

/** Writes the tarballs and gives their paths by package folder. */
export function pack() {
  const tarballs = join(root, ".tmp/pack");
  rmSync(tarballs, { recursive: true, force: true });
  mkdirSync(tarballs, { recursive: true });
  const packed = new Map();
  for (const dir of published.filter(hasCode)) {
    run("pnpm", ["--silent", "pack", "--pack-destination", tarballs], { cwd: join(root, dir) });
    const { name, version } = manifestOf(dir);
    packed.set(dir, join(tarballs, `${name.replace("@", "").replace("/", "-")}-${version}.tgz`));
  }
  return packed;
}

/** Lays out the consumer's node_modules and its one source file, which imports every entry point. */
function layOut(packed) {
  rmSync(folder, { recursive: true, force: true });
  const specifiers = [];
  for (const [dir, tarball] of packed) {
    const { name, exports = {}, dependencies = {} } = manifestOf(dir);
    const home = join(folder, "node_modules", name);
    mkdirSync(home, { recursive: true });
    run("tar", ["-xzf", tarball, "-C", home, "--strip-components=1"]);
    for (const dependency of Object.keys(dependencies)) {
      if (!dependency.startsWith("@vertex/")) link(join(root, dir, "node_modules", dependency), dependency);
    }
    specifiers.push(...Object.keys(exports).map((path) => name + path.slice(1)));
  }
  link(join(root, "node_modules/@types/node"), "@types/node");
  writeFileSync(join(folder, "package.json"), JSON.stringify({ private: true, type: "module" }));
  const imports = specifiers.map((specifier, index) => `import * as m${index} from "${specifier}";`);
  const names = specifiers.map((_, index) => `m${index}`).join(", ");
  writeFileSync(
    join(folder, "main.ts"),
    `${imports.join("\n")}\n\nexport const all: object[] = [${names}];\n`,
  );
  writeFileSync(join(folder, "main.js"), `${imports.join("\n")}\nvoid [${names}];\n`);
  writeFileSync(
    join(folder, "main.cjs"),
    specifiers.map((specifier) => `require("${specifier}");\n`).join(""),
  );
}

function link(target, name) {
  const path = join(folder, "node_modules", name);
  if (existsSync(path)) return;
  mkdirSync(dirname(path), { recursive: true });
  symlinkSync(target, path);
}

export function acceptedByTypeScript5(packed) {
  layOut(packed);
  const compiler = join(root, "node_modules/typescript-5/lib/tsc.js");
  for (const [module, moduleResolution] of [
    ["nodenext", "nodenext"],
    ["esnext", "bundler"],
  ]) {
    const compilerOptions = {
      ...strictest,
      target: "es2022",
      lib: ["es2023", "esnext.disposable"],
      types: ["node"],
      module,
      moduleResolution,
    };
    writeFileSync(join(folder, "tsconfig.json"), JSON.stringify({ compilerOptions, files: ["main.ts"] }));
    run(process.execPath, [compiler, "-p", folder]);
  }
  run(process.execPath, ["main.js"], { cwd: folder });
  const [major, minor] = process.versions.node.split(".").map(Number);
  if (major > 20 || minor >= 19) run(process.execPath, ["--no-warnings", "main.cjs"], { cwd: folder });
  return `${readdirSync(join(folder, "node_modules/@vertex")).length} packages, two module resolutions, import and require`;
}
