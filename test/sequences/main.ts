// `pnpm sequences`: model-based sequences of commands against two sessions, in every order of their turns.
import { parseArgs } from "node:util";
import { runSequences } from "./run.ts";

const usage = `usage: pnpm sequences [options]

  --runs N            sequences (default 3,000)
  --seed N            what they are drawn from (default: another one each time)
  --path P            only the one that failed there, as a failing run says
  --replay-path P     the commands of it that were run
`;

async function main(): Promise<void> {
  const { values } = parseArgs({
    args: process.argv.slice(2).filter((arg) => arg !== "--"),
    options: {
      runs: { type: "string", default: "3000" },
      seed: { type: "string", default: String(Math.floor(Math.random() * 0x7fffffff)) },
      path: { type: "string" },
      "replay-path": { type: "string" },
      help: { type: "boolean", default: false },
    },
  });
  if (values.help) return void process.stdout.write(usage);
  const [runs, seed] = [Number(values.runs), Number(values.seed)];
  if (!Number.isInteger(runs) || runs < 1 || !Number.isInteger(seed))
    throw new Error("--runs and --seed take numbers");
  const startedAt = performance.now();
  const { failure, ends } = await runSequences({
    runs,
    seed,
    path: values.path,
    replayPath: values["replay-path"],
  });
  const seconds = ((performance.now() - startedAt) / 1_000).toFixed(1);
  process.stdout.write(
    failure === "" ? `${runs} sequences held, seed ${seed}, ${seconds} s\n` : `${failure}\n`,
  );
  const sorted = Object.entries(ends).sort(([, a], [, b]) => b - a);
  process.stdout.write(`calls ended: ${sorted.map(([how, times]) => `${how} ${times}`).join(", ")}\n`);
  if (failure !== "") process.exitCode = 1;
}

main().catch((error: Error) => {
  process.stderr.write(`${error.message}\n\n${usage}`);
  process.exitCode = 2;
});
