// PROTOCOL.md and the code say the same: kinds, flags, numbers, and the vectors.

import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { Flag, Kind, PREFACE } from "@vertex/framing";
import * as assert from "uvu/assert";
import { FRAME_COST_BYTES } from "../../packages/protocol/src/credit.ts";
import { HANDSHAKE_FRAME_BYTES, LIMIT_FLOORS } from "../../packages/protocol/src/handshake.ts";
import { MAX_METADATA_BYTES, MAX_METADATA_ENTRIES } from "../../packages/protocol/src/metadata.ts";
import { suite } from "../support/suite.ts";

const test = suite("PROTOCOL.md");
const root = new URL("../../", import.meta.url);
const page = readFileSync(new URL("PROTOCOL.md", root), "utf8");

test("lists the kinds of frames with their numbers", () => {
  const listed = [...page.matchAll(/^\| (\d+) \| ([A-Z]+) \|/gm)].map(([, number, name]) => [
    name,
    Number(number),
  ]);
  assert.equal(Object.fromEntries(listed), { ...Kind });
});

test("lists the flags with their bits", () => {
  const listed = [...page.matchAll(/^\| ([A-Z]+) \| (0x[0-9a-f]+) \|/gm)].map(([, name, bit]) => [
    name,
    Number(bit),
  ]);
  assert.equal(Object.fromEntries(listed), { ...Flag });
});

test("spells out the preface", () => {
  const hex = (byte: number) => byte.toString(16).padStart(2, "0");
  assert.ok(
    page.includes(`\`${PREFACE.slice(0, 4).map(hex).join(" ")}\` ("VRTX") and \`${hex(PREFACE[4] ?? 0)}\``),
  );
});

test("states the numbers that are fixed", () => {
  const stated = (number: number) => number.toLocaleString("en-US");
  assert.ok(page.includes(`no frame may be over ${stated(HANDSHAKE_FRAME_BYTES)} bytes`));
  assert.ok(page.includes(`at most ${stated(MAX_METADATA_BYTES)} bytes and ${MAX_METADATA_ENTRIES} entries`));
  assert.ok(page.includes(`max(message bytes, ${FRAME_COST_BYTES})`));
  assert.ok(page.includes(`the floor: ${stated(LIMIT_FLOORS.maxFrameBytes)} bytes`));
});

test("holds the vectors that the tests encode and decode", () => {
  execFileSync(process.execPath, [fileURLToPath(new URL(".ci/vectors.mjs", root)), "--check"], {
    stdio: "pipe",
  });
});
