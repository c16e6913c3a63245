// The guide's words, done: its schema is generated, its code checked, its server started and its clients run.
// file-timeout: 180 s
import * as assert from "uvu/assert";
import { DocsPage } from "../support/docs-page.ts";
import { suite } from "../support/suite.ts";

const test = suite("the guide");
const page = new DocsPage("docs/GUIDE.md");
test.before(() => page.generate());
test.after(() => page.remove());
const patient = { timeoutMs: 50_000 };

test("has types that fit", () => assert.is(page.typeErrors(), ""), patient);

test(
  "has clients that print what it says",
  async () => {
    const market = await page.start("market.ts", 'console.log("up");');
    assert.equal(page.run("calls.ts"), ["12.5", "50", "FAILED_PRECONDITION executed 100", "CANCELLED"]);
    assert.equal(page.run("streams.ts"), [
      "3 prices changed",
      "{ prices: 3 }",
      ...["ABC 1", "ABC 2", "ABC 3"],
      ...["10.25", "11.375", "11.9375"],
    ]);
    assert.equal(page.run("resume.ts"), ["ABC 2n", "ABC 3n", "ABC 4n"]);
    assert.is(await market.stop(), 0);
  },
  patient,
);

test(
  "has a test and an option block that run",
  () => {
    assert.equal(page.run("quote.test.ts"), ["{ symbol: 'VTX', value: 1, cursor: 1n }", "UNAVAILABLE"]);
    page.run("limits.ts");
  },
  patient,
);

test("is run in whole", () => {
  const run = ["calls.ts", "limits.ts", "market.ts", "quote.test.ts", "resume.ts", "streams.ts", "trader.ts"];
  assert.equal(page.files.sort(), ["schema/market.proto", ...run].sort());
});
