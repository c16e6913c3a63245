// node-flags: --no-disallow-code-generation-from-strings
// file-timeout: 240 s
// protobufjs, which the wire target is held against, writes its decoders as strings.

import { readdirSync } from "node:fs";
import { fileURLToPath } from "node:url";
import * as assert from "uvu/assert";
import { readCorpus } from "../../fuzz/src/corpus.ts";
import { Campaign } from "../../fuzz/src/engine.ts";
import { targets } from "../../fuzz/src/targets.ts";
import { suite } from "../support/suite.ts";

const test = suite("fuzz corpus");

test("every folder of the corpus belongs to a target, and every target has one", () => {
  const folders = readdirSync(fileURLToPath(new URL("../../fuzz/corpus", import.meta.url))).sort();
  assert.equal(folders, targets.map(({ name }) => name).sort());
});

for (const target of targets) {
  test(
    `nothing goes wrong in what was found for ${target.name}`,
    async () => {
      const campaign = new Campaign(target, "corpus");
      try {
        for (const { name, input } of readCorpus(target.name)) {
          await campaign.attempt(input).catch((cause: unknown) => {
            throw new Error(`fuzz/corpus/${target.name}/${name}`, { cause });
          });
        }
      } finally {
        await target.close?.();
      }
    },
    // Schemas go through two compilers.
    { timeoutMs: 150_000 },
  );
}
