// The processes of a live attack: a server, a canary, and, for attacks on clients, a nest of clients with a canary
// of its own.

import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { mustHold } from "../target.ts";
import type { Song } from "./canary.ts";
import { Child } from "./child.ts";
import type { ServerState } from "./server-process.ts";

/** Time in which everything that an attack left behind must be gone. */
const SETTLE_MS = 10_000;

/** What is asked of the canary in the end. */
export interface StageReport {
  readonly canary: Song;
  readonly accepted: number;
  /** Connections that the server holds beside the canary's. */
  readonly left: number;
  readonly heapMib: number;
}

/** The processes. Whoever uses a stage that has fallen gets a Finding. */
export class Stage {
  readonly server: Child;
  /** The process with the canary in it; the clients under attack live there, too, if there are any. */
  readonly other: Child;
  readonly tcp: string;
  readonly unix: string;
  readonly folder: string;

  private constructor(server: Child, other: Child, state: ServerState, folder: string) {
    this.server = server;
    this.other = other;
    this.tcp = state.tcp;
    this.unix = state.unix;
    this.folder = folder;
  }

  /** @param other which process stands beside the server. */
  static async open(other: "canary-process.ts" | "clients-process.ts"): Promise<Stage> {
    const folder = mkdtempSync(join(tmpdir(), "vertex-fuzz-"));
    const server = new Child("server-process.ts", join(folder, "server"));
    const state = (await server.ask("state")) as ServerState;
    const stage = new Stage(server, new Child(other, state.tcp), state, folder);
    await stage.song();
    return stage;
  }

  mustStand(): void {
    this.server.mustBeWell();
    this.other.mustBeWell();
  }

  async song(): Promise<Song> {
    return (await this.other.ask("song")) as Song;
  }

  /**
   * Waits until the server is rid of the attack's connections.
   * @throws Finding when it is not, or the canary has been hurt.
   */
  async report(): Promise<StageReport> {
    const until = performance.now() + SETTLE_MS;
    for (;;) {
      this.mustStand();
      const state = (await this.server.ask("state")) as ServerState;
      const left = state.connections - 1;
      if (left > 0 && performance.now() < until) {
        await new Promise((resolve) => setTimeout(resolve, 50));
        continue;
      }
      const canary = await this.song();
      mustHold(
        canary.failures === 0,
        `the canary is hurt: ${canary.failures} calls failed\n${canary.firstFailure}`,
      );
      return { canary, accepted: state.accepted, left, heapMib: state.heapMib };
    }
  }

  async close(): Promise<void> {
    await Promise.all([this.server.close(), this.other.close()]);
    rmSync(this.folder, { recursive: true, force: true });
  }
}

/** A stage that is opened when it is needed and again after it has fallen. */
export class StageKeeper {
  readonly #other: "canary-process.ts" | "clients-process.ts";
  #stage: Promise<Stage> | undefined;

  constructor(other: "canary-process.ts" | "clients-process.ts") {
    this.#other = other;
  }

  get(): Promise<Stage> {
    this.#stage ??= Stage.open(this.#other);
    return this.#stage;
  }

  /** Ends the processes; `get` starts new ones. */
  async close(): Promise<void> {
    const stage = await this.#stage?.catch(() => undefined);
    this.#stage = undefined;
    await stage?.close();
  }
}
