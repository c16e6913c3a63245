// Peers that are programs of their own: built when they are first asked for, from bench/native, with the compilers and
// libraries that are there. One binary serves and calls, as `NAME serve` and `NAME load ADDRESS DEPTH MS`.

import { type ChildProcess, execFile, execFileSync, spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdirSync, readdirSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import type { FloodPlan, FloodResult } from "../load/flood.ts";
import { coresOf, type Placement } from "../process/cores.ts";
import { cpuMicrosOf } from "../process/usage.ts";
import type { Versions } from "../report/machine.ts";
import { type Pair, type Run, seenRun } from "./pair.ts";

const run = promisify(execFile);

const sources = fileURLToPath(new URL("../native", import.meta.url));
const schema = fileURLToPath(new URL("../schema", import.meta.url));
/** Where they are built; survives a build of the benchmark. */
const built = fileURLToPath(new URL("../.native", import.meta.url));

const gocode = "/usr/share/gocode";
const crates = "/usr/share/cargo/registry";

/** A program and how it comes about. */
export interface Program {
  readonly file: string;
  readonly source: string;
  /** What to install before it can be built; undefined when all is there. */
  missing(): string | undefined;
  build(): void;
  versions(): Versions;
}

/** Whether a command is there. */
export function has(command: string, argument = "--version"): boolean {
  return spawnSync(command, [argument], { stdio: "ignore" }).status === 0;
}

function command(file: string, args: readonly string[], env: NodeJS.ProcessEnv = {}): string {
  return execFileSync(file, args, {
    encoding: "utf8",
    env: { ...process.env, ...env },
    stdio: ["ignore", "pipe", "pipe"],
  });
}

export const grpcCpp: Program = {
  file: join(built, "grpc-cpp"),
  source: join(sources, "grpc.cc"),
  missing() {
    const there = has("g++") && has("protoc") && has("pkg-config") && hasLibrary("grpc++");
    const packages = "g++ pkg-config libgrpc++-dev protobuf-compiler-grpc";
    return there ? undefined : `gRPC C++ skipped: install gRPC for C++ (Debian: ${packages})`;
  },
  build() {
    const out = join(built, "cpp");
    mkdirSync(out, { recursive: true });
    const plugin = command("sh", ["-c", "command -v grpc_cpp_plugin"]).trim();
    const outputs = [`--cpp_out=${out}`, `--grpc_out=${out}`, `--plugin=protoc-gen-grpc=${plugin}`];
    command("protoc", ["-I", schema, ...outputs, "bench.proto"]);
    const libraries = command("pkg-config", ["--libs", "grpc++", "protobuf"]).trim().split(/\s+/);
    const code = [this.source, join(out, "bench.pb.cc"), join(out, "bench.grpc.pb.cc")];
    command("g++", ["-O2", "-std=c++17", "-I", out, ...code, "-o", this.file, ...libraries]);
  },
  versions: () => ({ "gRPC C++": command("pkg-config", ["--modversion", "grpc++"]).trim() }),
};

const hasLibrary = (name: string) => spawnSync("pkg-config", ["--exists", name]).status === 0;

export const grpcGo: Program = {
  file: join(built, "grpc-go"),
  source: join(sources, "grpc.go"),
  missing() {
    const there = has("go", "version") && has("protoc") && existsSync(`${gocode}/src/google.golang.org/grpc`);
    const packages = "golang-go golang-google-grpc-dev protobuf-compiler";
    return there ? undefined : `gRPC Go skipped: install gRPC for Go (Debian: ${packages})`;
  },
  build() {
    const home = join(built, "go");
    const folder = join(home, "src/vertexbench");
    mkdirSync(join(folder, "pb"), { recursive: true });
    mkdirSync(join(folder, "echo"), { recursive: true });
    const env = {
      GO111MODULE: "off",
      GOFLAGS: "",
      GOPATH: `${home}:${gocode}`,
      GOCACHE: join(built, "go-cache"),
    };
    const plugin = join(home, "protoc-gen-go");
    command("go", ["build", "-o", plugin, "github.com/golang/protobuf/protoc-gen-go"], env);
    const output = [`--plugin=protoc-gen-go=${plugin}`, `--go_out=import_path=pb:${join(folder, "pb")}`];
    command("protoc", ["-I", schema, ...output, "bench.proto"]);
    command("cp", [this.source, join(folder, "echo")]);
    command("go", ["build", "-o", this.file, "vertexbench/echo"], env);
  },
  versions() {
    const text = readFileSync(`${gocode}/src/google.golang.org/grpc/version.go`, "utf8");
    return { "gRPC Go": /Version = "(.*)"/.exec(text)?.[1] ?? "unknown" };
  },
};

/** The version of a crate as Debian lays it out: name-version. */
function crateVersion(name: string): string | undefined {
  if (!existsSync(crates)) return undefined;
  return readdirSync(crates)
    .find((folder) => new RegExp(`^${name}-\\d`).test(folder))
    ?.slice(name.length + 1);
}

export const rust: Program = {
  file: join(built, "rust/release/rust-echo"),
  source: join(sources, "rust/src/main.rs"),
  missing() {
    const there = has("cargo") && ["tokio", "bincode", "serde_derive"].every((name) => crateVersion(name));
    const packages = "cargo librust-tokio-dev librust-bincode-dev librust-serde-derive-dev";
    return there ? undefined : `Rust skipped: install Rust with tokio and bincode (Debian: ${packages})`;
  },
  build() {
    const project = join(built, "rust-echo");
    mkdirSync(project, { recursive: true });
    // A copy, so that cargo writes its lock file there.
    command("cp", ["-r", join(sources, "rust/Cargo.toml"), join(sources, "rust/src"), project]);
    const config = ['source.crates-io.replace-with="debian"', `source.debian.directory="${crates}"`];
    const from = config.flatMap((each) => ["--config", each]);
    const where = ["--manifest-path", join(project, "Cargo.toml"), "--target-dir", join(built, "rust")];
    command("cargo", ["build", "--release", "--offline", ...where, ...from]);
  },
  versions: () => ({ tokio: crateVersion("tokio") ?? "", bincode: crateVersion("bincode") ?? "" }),
};

/**
 * Builds a program unless it is newer than its source.
 * @throws Error with what the compiler said.
 */
function ensureBuilt(program: Program): void {
  const { file, source } = program;
  if (existsSync(file) && statSync(file).mtimeMs >= statSync(source).mtimeMs) return;
  process.stderr.write(`building ${file}\n`);
  mkdirSync(built, { recursive: true });
  program.build();
}

/** A program's load also says how many calls it made before it began to count. */
interface ProgramResult extends FloodResult {
  readonly allCalls: number;
}

function pinned(core: number | undefined, file: string, args: readonly string[]): [string, string[]] {
  return core === undefined ? [file, [...args]] : ["taskset", ["-c", String(core), file, ...args]];
}

/** A server that runs, and a load process for each flood. */
export class NativePair implements Pair {
  readonly #file: string;
  readonly #variant: string;
  readonly #core: number | undefined;
  readonly #server: ChildProcess;
  readonly #address: string;

  private constructor(
    file: string,
    variant: string,
    core: number | undefined,
    server: ChildProcess,
    address: string,
  ) {
    this.#file = file;
    this.#variant = variant;
    this.#core = core;
    this.#server = server;
    this.#address = address;
  }

  /** @param variant is appended to the program's commands. */
  static async start(program: Program, variant: string, placement: Placement): Promise<NativePair> {
    ensureBuilt(program);
    const cores = coresOf(placement);
    const server = spawn(...pinned(cores.server, program.file, [`serve${variant}`]), {
      stdio: ["pipe", "pipe", "inherit"],
    });
    const [address] = (await once(createInterface(server.stdout), "line")) as [string];
    return new NativePair(program.file, variant, cores.load, server, address);
  }

  async flood({ depth, ms }: FloodPlan): Promise<Run> {
    const pid = this.#server.pid as number;
    const before = cpuMicrosOf(pid);
    const args = [`load${this.#variant}`, this.#address, String(depth), String(ms)];
    const { stdout } = await run(...pinned(this.#core, this.#file, args));
    const { allCalls, ...result } = JSON.parse(stdout) as ProgramResult;
    return seenRun(result, ((cpuMicrosOf(pid) - before) * result.calls) / Math.max(1, allCalls));
  }

  async stop(): Promise<void> {
    const ended = once(this.#server, "exit");
    this.#server.stdin?.end();
    await ended;
  }
}
