// `--watch`: one run now, and one after every change of the schema. A broken schema is reported and waited out.

import { type FSWatcher, watch } from "node:fs";
import { CodegenError } from "./errors.ts";
import { type CommandHost, report } from "./host.ts";
import { type RunOptions, runGenerator } from "./run.ts";
import { collectSources } from "./sources.ts";
import { writeOutput } from "./write.ts";

/** Editors write a file in several steps; this long a silence, in milliseconds, makes them one change. */
const QUIET_MS = 100;

/** Runs until the host's signal aborts. */
export async function watchSchema(options: RunOptions, out: string, host: CommandHost): Promise<void> {
  const bell = createBell();
  const watchers = new Map<string, FSWatcher>();
  const stop = (): void => bell.stop();
  host.signal?.addEventListener("abort", stop, { once: true });
  if (host.signal?.aborted) stop();
  try {
    while (!bell.stopped) {
      await runOnce(options, out, host, () => watchDirectories(options, watchers, bell.ring));
      await bell.rung();
    }
  } finally {
    host.signal?.removeEventListener("abort", stop);
    for (const watcher of watchers.values()) watcher.close();
  }
}

/** Watches before it reads, so that no change falls between. */
async function runOnce(
  options: RunOptions,
  out: string,
  host: CommandHost,
  prepare: () => void,
): Promise<void> {
  try {
    prepare();
    report(host, out, writeOutput(out, await runGenerator(options)));
  } catch (error) {
    if (!(error instanceof CodegenError)) throw error;
    host.error(error.message);
  }
}

/** Watches the directories of all files of the run. Looks again after adding some: files may have come meanwhile. */
function watchDirectories(options: RunOptions, watchers: Map<string, FSWatcher>, ring: () => void): void {
  for (let added = true; added; ) {
    added = false;
    for (const directory of collectSources(options).directories) {
      if (watchers.has(directory)) continue;
      added = true;
      const forget = (): void => {
        watchers.get(directory)?.close();
        watchers.delete(directory);
        ring();
      };
      // A directory that goes away takes its watcher with it.
      watchers.set(
        directory,
        watch(directory, (_, name) => isInteresting(name) && ring()).on("error", forget),
      );
    }
  }
}

/** A .proto file, or perhaps a directory. */
function isInteresting(name: string | null): boolean {
  return name === null || name.endsWith(".proto") || !name.includes(".");
}

interface Bell {
  readonly stopped: boolean;
  ring(): void;
  stop(): void;
  /** Resolves when it has been rung and then left alone, or at once when stopped. */
  rung(): Promise<void>;
}

function createBell(): Bell {
  let stopped = false;
  let pending = false;
  let wake = (): void => undefined;
  let timer: NodeJS.Timeout | undefined;
  const quiet = (): void => {
    pending = true;
    wake();
  };
  return {
    get stopped() {
      return stopped;
    },
    ring: () => {
      clearTimeout(timer);
      timer = setTimeout(quiet, QUIET_MS);
    },
    stop: () => {
      clearTimeout(timer);
      stopped = true;
      wake();
    },
    rung: async () => {
      if (!pending && !stopped) await new Promise<void>((resolve) => (wake = resolve));
      pending = false;
    },
  };
}
