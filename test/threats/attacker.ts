// One attack in a process of its own. Arguments: its name, the port, its size. Says over IPC what it has seen, and goes.
import { attacks } from "./attacks.ts";

const [name = "", port, size] = process.argv.slice(2);
const spoils = await attacks[name]?.(Number(port), Number(size));
process.send?.(spoils ?? { error: `there is no attack ${name}` }, undefined, undefined, () =>
  process.exit(0),
);
