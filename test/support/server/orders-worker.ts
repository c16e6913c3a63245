// What worker threads load for the tests of validation: it counts what its handlers were given.

import { workerHandlers } from "@vertex/server/worker";
import { Orders } from "../../gen/orders.ts";

let taken = 0;

export const orders = workerHandlers(Orders, {
  place: () => ({ lines: ++taken }),
  async import(all) {
    for await (const _ of all) taken++;
    return { lines: taken };
  },
});
