// The README's words, done: its schema is generated, its server started, its client run.

import * as assert from "uvu/assert";
import { DocsPage } from "../support/docs-page.ts";
import { suite } from "../support/suite.ts";

const test = suite("the README");
const page = new DocsPage("README.md");
test.before(() => page.generate());
test.after(() => page.remove());

test(
  "its server answers its client, and ends by SIGTERM",
  async () => {
    const server = await page.start("server.ts", 'console.log("up");');
    assert.equal(page.run("client.ts"), ["Hello Ada", "3", "2", "1"]);
    assert.is(await server.stop(), 0);
  },
  { timeoutMs: 30_000 },
);
