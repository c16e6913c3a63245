import * as assert from "uvu/assert";
import { parseCores } from "../../bench/src/process/cores.ts";
import { suite } from "../support/suite.ts";

const test = suite("bench cores");

test("the kernel's list of cores is read with its ranges", () => {
  assert.equal(parseCores("0\n"), [0]);
  assert.equal(parseCores("0-3\n"), [0, 1, 2, 3]);
  assert.equal(parseCores("1,4-6,9"), [1, 4, 5, 6, 9]);
});
