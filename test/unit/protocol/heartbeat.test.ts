import * as assert from "uvu/assert";
import { Heartbeat } from "../../../packages/protocol/src/heartbeat.ts";
import { suite } from "../../support/suite.ts";

const test = suite("a heartbeat");

/** Runs a script of "heard 1500" and "run 100 2000" (a check every 100 ms); returns what was said beside "wait", with its time. */
function perform(heartbeat: Heartbeat, script: readonly string[]): string[] {
  const said: string[] = [];
  let checkedAt = 0;
  for (const step of script) {
    const [what, from, to] = step.split(" ");
    if (what === "heard") heartbeat.heard(Number(from));
    else {
      for (let now = Number(from); now <= Number(to); now += 100) {
        const verdict = heartbeat.check(now, now - checkedAt);
        checkedAt = now;
        if (verdict !== "wait") said.push(`${verdict} ${now}`);
      }
    }
  }
  return said;
}

interface Row {
  readonly sentence: string;
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
    script: ["run 100 1100", "run 60000 60400"],
    said: ["ping 900", "ping 60000"],
  },
  {
    sentence: "gives up after that second chance",
    script: ["run 100 1100", "run 60000 60500"],
    said: ["ping 900", "ping 60000", "dead 60500"],
  },
  {
    sentence: "survives the sleep if the answer was waiting in a buffer",
    script: ["run 100 1100", "run 60000 60000", "heard 60001", "run 60100 60800"],
    said: ["ping 900", "ping 60000"],
  },
  {
    sentence: "asks again when nothing was checked for more than half the timeout",
    script: ["run 100 1200", "run 1451 1951"],
    said: ["ping 900", "ping 1451", "dead 1951"],
  },
  {
    sentence: "takes a check that is a little late for what it is",
    script: ["run 100 1200", "run 1450 1450"],
    said: ["ping 900", "dead 1450"],
  },
  {
    sentence: "only asks when it slept while nothing was asked",
    script: ["run 100 500", "run 60000 60100"],
    said: ["ping 60000"],
  },
  {
    sentence: "asks nothing after a short sleep in which it could not have been asked",
    script: ["heard 5000", "run 5800 5800"],
    said: [],
  },
];

for (const { sentence, script, said } of rows) {
  test(sentence, () => {
    assert.equal(perform(new Heartbeat(1_000, 500, 0), script), said);
  });
}

test("says when it has something to say: somewhere in the last tenth, and when the answer is overdue", () => {
  const heartbeat = new Heartbeat(1_000, 500, 0);
  assert.equal(
    [0, 0.5, 0.999].map((share) => Math.round(heartbeat.dueAt(share))),
    [1_000, 950, 900],
  );
  assert.is(heartbeat.check(heartbeat.dueAt(0.999), 100), "ping");
  assert.equal(
    [0, 0.999].map((share) => Math.round(heartbeat.dueAt(share))),
    [1_400, 1_400],
  );
  heartbeat.heard(1_200);
  assert.is(heartbeat.dueAt(0), 2_200);
});

test("does not take the distance of two checks for a pause, however short the timeout", () => {
  const script = ["run 100 100", "run 300 300", "run 500 500"];
  assert.equal(perform(new Heartbeat(100, 50, 0), script), ["ping 100", "dead 300", "dead 500"]);
});

test("takes a second for a pause, however long the timeout", () => {
  const script = ["run 100 54100", "run 55150 115150"];
  const said = perform(new Heartbeat(60_000, 60_000, 0), script);
  assert.equal(said.slice(0, 2), ["ping 54000", "ping 55150"]);
  assert.is(said.at(-1), "dead 115150");
});
