import * as assert from "uvu/assert";
import { CallTable } from "../../../packages/protocol/src/call-table.ts";
import { seededRandom } from "../../support/protocol/manual-environment.ts";
import { suite } from "../../support/suite.ts";

const test = suite("a table of calls");

interface Entry {
  readonly id: number;
}

test("behaves like a Map, whatever lives long and whatever collides", () => {
  for (let seed = 0; seed < 60; seed++) {
    const random = seededRandom(seed);
    const table = new CallTable<Entry>();
    const model = new Map<number, Entry>();
    let id = seed % 2 === 0 ? 1 : 2;
    if (seed % 5 === 0) id += 0xbfff0000;
    for (let step = 0; step < 600; step++) {
      const busy = random() < (step % 200 < 100 ? 0.7 : 0.3);
      if (busy) {
        id += 2 * (1 + (random() < 0.1 ? Math.floor(random() * 64) : 0));
        const entry = { id };
        table.add(entry);
        model.set(id, entry);
      } else {
        const ids = [...model.keys()];
        const gone = random() < 0.1 ? id + 2 : ids[Math.floor(random() ** 2 * ids.length)];
        if (gone !== undefined) {
          table.remove(gone);
          model.delete(gone);
        }
      }
      assert.is(table.size, model.size);
      const probe = id - 2 * Math.floor(random() * 40);
      assert.is(table.get(probe), model.get(probe), `seed ${seed}, step ${step}, id ${probe}`);
    }
    assert.equal(
      table.all(),
      [...model.values()].sort((a, b) => a.id - b.id),
    );
    for (const [key, entry] of model) assert.is(table.get(key), entry);
  }
});

test("keeps a call that outlives thousands of others on its slot", () => {
  const table = new CallTable<Entry>();
  const old = { id: 1 };
  table.add(old);
  for (let id = 3; id < 20_000; id += 2) {
    table.add({ id });
    assert.is(table.get(id)?.id, id);
    table.remove(id);
    assert.is(table.get(id), undefined);
  }
  assert.is(table.get(1), old);
  assert.is(table.size, 1);
});

test("gives a list that does not change with the table", () => {
  const table = new CallTable<Entry>();
  for (let id = 1; id < 100; id += 2) table.add({ id });
  for (const { id } of table.all()) table.remove(id);
  assert.is(table.size, 0);
});

test("knows nothing before anything was added", () => {
  const table = new CallTable<Entry>();
  assert.is(table.get(1), undefined);
  table.remove(1);
  assert.is(table.size, 0);
  assert.equal(table.all(), []);
});
