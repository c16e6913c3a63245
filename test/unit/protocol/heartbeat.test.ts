import * as assert from "uvu/assert";
import { Heartbeat } from "../../../packages/protocol/src/heartbeat.ts";
import { suite } from "../../support/suite.ts";

const test = suite("a heartbeat");

/** Checks every 100 ms from `from` to `to`, after a sleep if `slept`; returns what was said beside "wait", with its time. */
function checks(heartbeat: Heartbeat, from: number, to: number, slept: boolean): string[] {
  const said: string[] = [];
  for (let now = from; now <= to; now += 100) {
    const verdict = heartbeat.check(now, slept && now === from);
    if (verdict !== "wait") said.push(`${verdict} ${now}`);
  }
  return said;
}

interface Row {
  readonly sentence: string;
  /** "heard 1500", "run 100 2000" (checks in between), "woke 5000 6000" (the same, the first after a sleep), in order. */
  readonly script: readonly string[];
  readonly said: readonly string[];
}

const rows: Row[] = [
  {
    sentence: "says nothing while bytes come",
    script: ["run 100 800", "heard 850", "run 900 1700"],
    said: [],
  },
  {
    sentence: "asks in the last tenth of the interval, when it is looked at there",
    script: ["run 100 800", "run 900 1200"],
    said: ["ping 900"],
  },
  {
    sentence: "asks after the interval, when it is not looked at before",
    script: ["run 1000 1100"],
    said: ["ping 1000"],
  },
  {
    sentence: "counts from the last byte",
    script: ["run 100 600", "heard 650", "run 700 1700"],
    said: ["ping 1600"],
  },
  {
    sentence: "gives the peer up when the answer does not come in time",
    script: ["run 100 1500"],
    said: ["ping 900", "dead 1400", "dead 1500"],
  },
  {
    sentence: "takes any byte for an answer, at the last moment too",
    script: ["run 100 1300", "heard 1399", "run 1400 2200"],
    said: ["ping 900"],
  },
  { sentence: "asks once only while it waits", script: ["run 100 1300"], said: ["ping 900"] },
  {
    sentence: "asks again after a sleep, instead of a verdict",
    script: ["run 100 1100", "woke 60000 60400"],
    said: ["ping 900", "ping 60000"],
  },
  {
    sentence: "gives up after that second chance",
    script: ["run 100 1100", "woke 60000 60500"],
    said: ["ping 900", "ping 60000", "dead 60500"],
  },
  {
    sentence: "survives the sleep if the answer was waiting in a buffer",
    script: ["run 100 1100", "woke 60000 60000", "heard 60001", "run 60100 60800"],
    said: ["ping 900", "ping 60000"],
  },
  {
    sentence: "only asks when it slept while nothing was asked",
    script: ["run 100 500", "woke 60000 60100"],
    said: ["ping 60000"],
  },
  {
    sentence: "asks nothing after a short sleep in which it could not have been asked",
    script: ["heard 5000", "woke 5800 5800"],
    said: [],
  },
];

for (const { sentence, script, said } of rows) {
  test(sentence, () => {
    const heartbeat = new Heartbeat(1_000, 500, 0);
    const heard: string[] = [];
    for (const step of script) {
      const [what, from, to] = step.split(" ");
      if (what === "heard") heartbeat.heard(Number(from));
      else heard.push(...checks(heartbeat, Number(from), Number(to), what === "woke"));
    }
    assert.equal(heard, said);
  });
}

test("says when it has something to say: somewhere in the last tenth, and when the answer is overdue", () => {
  const heartbeat = new Heartbeat(1_000, 500, 0);
  assert.equal(
    [0, 0.5, 0.999].map((share) => Math.round(heartbeat.dueAt(share))),
    [1_000, 950, 900],
  );
  assert.is(heartbeat.check(heartbeat.dueAt(0.999), false), "ping");
  assert.equal(
    [0, 0.999].map((share) => Math.round(heartbeat.dueAt(share))),
    [1_400, 1_400],
  );
  heartbeat.heard(1_200);
  assert.is(heartbeat.dueAt(0), 2_200);
});
