import { VertexError } from "@vertex/protocol";
import * as assert from "uvu/assert";
import { Board } from "../../../../packages/server/src/workers/board.ts";
import { Place, type PlaceLane } from "../../../../packages/server/src/workers/place.ts";
import { ThreadRecord } from "../../../../packages/server/src/workers/thread-record.ts";
import { thrownBy } from "../../../support/server/waiting.ts";
import { suite } from "../../../support/suite.ts";

const test = suite("a call's place in a thread");

interface Lab {
  readonly place: Place;
  readonly board: Board;
  readonly thread: ThreadRecord;
  readonly events: string[];
  end(why: VertexError): void;
}

function lab(movable = true): Lab {
  const board = Board.withSlots(1);
  const thread = new ThreadRecord("pool", 0);
  const events: string[] = [];
  let ended: VertexError | null = null;
  const lane: PlaceLane = {
    board,
    thread,
    get ended() {
      return ended;
    },
    release: () => events.push("released"),
    abandon: () => events.push("abandoned"),
  };
  board.offer(0, 1, 0);
  const place = new Place(lane, 0, 1, 0, movable);
  return {
    place,
    board,
    thread,
    events,
    end: (why) => {
      ended = why;
    },
  };
}

const late = new VertexError("DEADLINE_EXCEEDED", "late", { outcome: "unknown", family: "link" });
const crash = new VertexError("INTERNAL", "crashed", { outcome: "unknown" });
const said = new VertexError("NOT_FOUND", "no such thing", {
  outcome: "executed",
  method: "a.B/C",
  retryAfterMs: 5,
});

test("of a call that ran out of time before it began: it was not executed", () => {
  const { place, events } = lab();
  const error = place.failed(late);
  assert.equal([error?.code, error?.outcome, events], ["DEADLINE_EXCEEDED", "not-executed", ["released"]]);
});

test("of a call that ran out of time while it ran: nobody knows, and its thread is watched", () => {
  const { place, board, events, thread } = lab();
  board.begin(0);
  assert.is(place.cut(), "unknown");
  assert.equal([place.failed(late)?.outcome, events, thread.failed], ["unknown", ["abandoned"], 1]);
});

test("of a call whose handler has failed: what it said, as if it were said here", () => {
  const { place, board, events } = lab();
  board.begin(0);
  board.done(0);
  const error = place.failed(said);
  assert.equal([error?.code, error?.message, error?.outcome], ["NOT_FOUND", "no such thing", "executed"]);
  assert.equal([error?.retryAfterMs, error?.method, error?.family], [5, undefined, "status"]);
  assert.equal(events, ["released"]);
});

test("of a thread that ended: what had begun fails with it, what had not moves, or fails when it cannot", () => {
  const begun = lab();
  begun.board.begin(0);
  begun.end(crash);
  assert.is(begun.place.failed(late), crash);
  const waiting = lab();
  waiting.end(crash);
  assert.is(waiting.place.failed(late), null);
  const bound = lab(false);
  bound.end(crash);
  const error = bound.place.failed(late);
  assert.equal([error?.code, error?.outcome], ["UNAVAILABLE", "not-executed"]);
});

test("can be left for another thread as long as the call has not begun", () => {
  const { place, board } = lab();
  let given: VertexError | undefined;
  place.call = { giveUp: (error: VertexError) => (given = error) } as never;
  assert.is(place.move(), true);
  assert.is(place.failed(given), null);
  const other = lab();
  other.place.call = place.call;
  other.board.begin(0);
  assert.is(other.place.move(), false);
  assert.is(board.begin(0), false);
});

test("is left with what is no call's error at all", () => {
  const { place, events } = lab();
  assert.throws(() => place.failed(new TypeError("odd")), /odd/);
  assert.equal(events, ["released"]);
  assert.is(
    thrownBy(() => {
      throw said;
    }).code,
    "NOT_FOUND",
  );
});
