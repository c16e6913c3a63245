import * as assert from "uvu/assert";
import { CallQueue } from "../../../packages/protocol/src/call-queue.ts";
import type { OutgoingCall } from "../../../packages/protocol/src/outgoing-call.ts";
import { seededRandom } from "../../support/protocol/manual-environment.ts";
import { suite } from "../../support/suite.ts";

const test = suite("a queue of calls");

function waiting(): OutgoingCall {
  return { queued: false, queueBefore: null, queueBehind: null } as unknown as OutgoingCall;
}

test("behaves like an array that calls may leave from anywhere", () => {
  for (let seed = 0; seed < 40; seed++) {
    const random = seededRandom(seed);
    const queue = new CallQueue();
    let model: OutgoingCall[] = [];
    for (let step = 0; step < 300; step++) {
      if (random() < 0.55) {
        const call = waiting();
        queue.push(call);
        model.push(call);
      } else if (model.length > 0) {
        const gone = model[Math.floor(random() * model.length)] as OutgoingCall;
        queue.remove(gone);
        queue.remove(gone);
        model = model.filter((call) => call !== gone);
        assert.is(gone.queued, false);
        assert.is(gone.queueBefore, null);
        assert.is(gone.queueBehind, null);
      }
      assert.is(queue.size, model.length);
      assert.is(queue.first, model[0] ?? null);
    }
    const order: OutgoingCall[] = [];
    for (let call = queue.first; call !== null; call = call.queueBehind) order.push(call);
    assert.ok(order.length === model.length && order.every((call, index) => call === model[index]));
  }
});
