// The thread behind watchdog.ts. Plain JavaScript: the loader that reads TypeScript does not reach threads.

import { workerData } from "node:worker_threads";

const { counter, note, hangMs } = workerData;
let seen = -1;

setInterval(() => {
  const now = Atomics.load(counter, 0);
  if (now !== seen) {
    seen = now;
    return;
  }
  const command = Buffer.from(note).toString("utf8").replace(/\0+$/, "");
  // This thread's own streams go through the main thread, which hangs.
  process._rawDebug(`FOUND a run that does not end: run ${now} of ${command}`);
  process.kill(process.pid, "SIGKILL");
}, hangMs);
