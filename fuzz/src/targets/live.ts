// Conversations over real sockets, corrupted on the way, against a running server and against running clients. The
// operations: live/corrupt.ts.

import type { Input } from "../input.ts";
import { EvilServer } from "../live/attack-client.ts";
import { attackServer } from "../live/attack-server.ts";
import { generateCorruption } from "../live/corrupt.ts";
import { type Stage, StageKeeper } from "../live/stage.ts";
import type { Target } from "../target.ts";

/** Runs between two looks at the canary. */
const LOOK_EVERY = 64;

/** A live target, and the stage on which it plays. */
export interface LiveTarget extends Target {
  readonly keeper: StageKeeper;
  run(input: Input): Promise<string>;
}

function live(
  name: string,
  about: string,
  keeper: StageKeeper,
  attack: (stage: Stage, input: Input) => Promise<string>,
  end: () => Promise<void> = async () => {},
): LiveTarget {
  let runs = 0;
  const close = async () => {
    await end();
    await keeper.close();
  };
  return {
    name,
    about,
    keeper,
    patient: true,
    generate: generateCorruption,
    close,
    async run(input) {
      const stage = await keeper.get();
      try {
        const seen = await attack(stage, input);
        if (++runs % LOOK_EVERY === 0) await stage.report();
        return seen;
      } catch (error) {
        // The next run, and the minimisation, start from a stage that stands.
        await close();
        throw error;
      }
    },
  };
}

/** Against a server. */
export const liveServer: LiveTarget = live(
  "live-server",
  "corrupted conversations over sockets against a running server, a canary beside them",
  new StageKeeper("canary-process.ts"),
  attackServer,
);

let evil: Promise<EvilServer> | undefined;

/** Against clients. */
export const liveClient: LiveTarget = live(
  "live-client",
  "corrupted answers over sockets to running clients, a canary among them",
  new StageKeeper("clients-process.ts"),
  async (stage, input) => {
    evil ??= EvilServer.open(stage.folder);
    return (await evil).attack(stage, input);
  },
  async () => {
    const open = evil;
    evil = undefined;
    await (await open)?.close();
  },
);
