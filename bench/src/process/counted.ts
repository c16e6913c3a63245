// The program whose instructions are counted: `counted.js CALLS`. Alone in its process, so that nothing but the calls
// differs between two runs.

import { floodCount } from "../load/flood.ts";
import { linkInOneLoop } from "../peers/one-loop.ts";
import { sample } from "../peers/peer.ts";

const link = await linkInOneLoop("vertex");
const failures = await floodCount({ depth: 64, calls: Number(process.argv[2]) }, () => link.echo(sample));
process.exit(failures > 0 ? 1 : 0);
