// What the codec alone costs the server for a call: reading the request where it lies and writing the answer into a
// buffer that is there.

import { BinaryReader, BinaryWriter } from "@vertex/wire";
import { Sample } from "../../gen/bench.ts";
import { sample } from "../peers/peer.ts";
import { answerParent } from "./child.ts";

const CALLS = 200_000;

const bytes = Sample.encode(sample).finish();
const frame = new Uint8Array(bytes.length + 36);
frame.set(bytes, 18);
const reader = new BinaryReader(frame);
const writer = new BinaryWriter(65_536);
let written = 0;

function micros(): number {
  const startedAt = performance.now();
  for (let call = 0; call < CALLS; call++) {
    reader.reset(frame, 18, 18 + bytes.length);
    Sample.encode(Sample.decode(reader), writer);
    written += writer.pos;
    writer.reset(0);
  }
  return ((performance.now() - startedAt) * 1_000) / CALLS;
}

micros();
answerParent({ micros });
void written;
