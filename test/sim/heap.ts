// What a heap holds, told apart: what programs made, and what Node made to run them faster (machine code, bytecode,
// feedback, shapes of objects, its own lists). A leak is in the first. The second grows for days while Node's optimiser
// finds hot spots; when it is off, all of the heap can be held to a bound.
import { getHeapSnapshot } from "node:v8";

/** Bytes in use behind a collection. */
interface HeapUse {
  readonly objects: number;
  readonly engine: number;
}

interface Snapshot {
  readonly snapshot: { readonly meta: { readonly node_fields: string[]; readonly node_types: string[][] } };
  readonly nodes: number[];
}

/** Kinds of nodes in a heap snapshot that no program made. */
const engineKinds = new Set(["code", "hidden", "object shape", "synthetic"]);

/** How often it is looked at behind the first hour. */
const EVERY_MINUTES = 360;

/** Looks at the heap of this process. Takes a good second. */
async function lookAtHeap(): Promise<HeapUse> {
  globalThis.gc?.();
  const chunks: Buffer[] = [];
  for await (const chunk of getHeapSnapshot()) chunks.push(chunk as Buffer);
  const { snapshot, nodes } = JSON.parse(Buffer.concat(chunks).toString()) as Snapshot;
  const { node_fields: fields, node_types: types } = snapshot.meta;
  const [kindAt, sizeAt] = [fields.indexOf("type"), fields.indexOf("self_size")];
  const use = { objects: 0, engine: 0 };
  for (let at = 0; at < nodes.length; at += fields.length) {
    const kind = types[kindAt]?.[nodes[at + kindAt] ?? 0] ?? "";
    use[engineKinds.has(kind) ? "engine" : "objects"] += nodes[at + sizeAt] ?? 0;
  }
  return use;
}

/** Looks at the heap of a world at certain hours, each time in a lull: what is open at the moment is not in it. */
export class HeapWatch {
  readonly #minutes: number;
  readonly #whole: boolean;
  #next = 60;
  readonly #looks: { readonly hour: number; readonly use: HeapUse }[] = [];

  /**
   * @param minutes how long the world runs. The first look is after an hour, the last at the end.
   * @param whole whether what is Node's own counts in `growth`.
   */
  constructor(minutes: number, whole: boolean) {
    this.#minutes = minutes;
    this.#whole = whole;
  }

  async look(minute: number, lull: () => Promise<void>): Promise<void> {
    if (minute < this.#next && minute < this.#minutes) return;
    this.#next = (Math.floor(minute / EVERY_MINUTES) + 1) * EVERY_MINUTES;
    await lull();
    // The first look compiles what looks: that is Node's own, and would count as growth in the second.
    if (this.#looks.length === 0) await lookAtHeap();
    this.#looks.push({ hour: Math.round(minute / 60), use: await lookAtHeap() });
  }

  /** What was seen, in words. */
  get text(): string {
    const megabytes = (bytes: number) => (bytes / 1e6).toFixed(2);
    const looks = this.#looks.map(
      ({ hour, use }) => `hour ${hour}: ${megabytes(use.objects)} + ${megabytes(use.engine)}`,
    );
    return `heap in MB, objects + Node's own: ${looks.join(", ")}; objects ${percent(this.#growthOf(objects))} up, all ${percent(this.#growthOf(all))}`;
  }

  /** How much more there is at the end than after the first hour, as a share. */
  get growth(): number {
    return this.#growthOf(this.#whole ? all : objects);
  }

  #growthOf(bytes: (use: HeapUse) => number): number {
    const [first, last] = [this.#looks[0], this.#looks.at(-1)];
    return first === undefined || last === undefined ? 0 : bytes(last.use) / bytes(first.use) - 1;
  }
}

const objects = (use: HeapUse) => use.objects;
const all = (use: HeapUse) => use.objects + use.engine;
const percent = (share: number) => `${(100 * share).toFixed(1)} %`;
