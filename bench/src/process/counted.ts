// The program whose instructions are counted: `counted.js CALLS`. Alone in its process, in memory and on virtual time, so
// that nothing but the calls differs between two runs: how fast the machine is does not.

import { SimNode, testPair, VirtualTime } from "@vertex/protocol/testing";
import { Bench } from "../../gen/bench.ts";
import { floodCount } from "../load/flood.ts";
import { sample } from "../peers/peer.ts";
import { handlers } from "../peers/vertex/handlers.ts";

const time = new VirtualTime();
const { stub } = testPair(Bench, handlers, { node: new SimNode(time, "both") });
const flood = floodCount({ depth: 64, calls: Number(process.argv[2]) }, () => stub.echo(sample));
process.exit((await time.finish(flood)) > 0 ? 1 : 0);
