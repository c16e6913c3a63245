// file-timeout: 120 s
// A call settles exactly once, in time, and its handler is entered at most once: in every order of what can happen.
import { Chaos } from "../../support/protocol/chaos.ts";
import { suite } from "../../support/suite.ts";

const test = suite("a call, whatever happens to it");
const perTest = 400;

for (let part = 0; part < 5; part++) {
  test(
    `settles once and in time, and leaves nothing behind (seeds ${part * perTest + 1} to ${(part + 1) * perTest})`,
    async () => {
      for (let n = 1; n <= perTest; n++) await Chaos.run(part * perTest + n);
    },
    { timeoutMs: 60_000 },
  );
}
