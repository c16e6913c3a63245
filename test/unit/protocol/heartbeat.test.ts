import * as assert from "uvu/assert";
import { GAP_MS, Heartbeat } from "../../../packages/protocol/src/heartbeat.ts";
import { suite } from "../../support/suite.ts";

const test = suite("a heartbeat");

/** Ticks every 100 ms from `from` to `to`, and returns what was said beside "wait", with its time. */
function ticks(heartbeat: Heartbeat, from: number, to: number): string[] {
  const said: string[] = [];
  for (let now = from; now <= to; now += 100) {
    const verdict = heartbeat.check(now);
    if (verdict !== "wait") said.push(`${verdict} ${now}`);
  }
  return said;
}

interface Row {
  readonly sentence: string;
  /** "heard 1500", "run 100 2000" (ticks in between), in order. */
  readonly script: readonly string[];
  readonly said: readonly string[];
}

const rows: Row[] = [
  {
    sentence: "says nothing while bytes come",
    script: ["run 100 900", "heard 900", "run 1000 1800"],
    said: [],
  },
  { sentence: "asks after the interval", script: ["run 100 1200"], said: ["ping 1000"] },
  {
    sentence: "counts from the last byte",
    script: ["run 100 600", "heard 650", "run 700 1700"],
    said: ["ping 1700"],
  },
  {
    sentence: "gives the peer up when the answer does not come in time",
    script: ["run 100 1600"],
    said: ["ping 1000", "dead 1500", "dead 1600"],
  },
  {
    sentence: "takes any byte for an answer, at the last moment too",
    script: ["run 100 1400", "heard 1499", "run 1500 2400"],
    said: ["ping 1000"],
  },
  { sentence: "asks once only while it waits", script: ["run 100 1400"], said: ["ping 1000"] },
  {
    sentence: "asks again after a gap in its own time, instead of a verdict",
    script: ["run 100 1100", "run 60000 60400"],
    said: ["ping 1000", "ping 60000"],
  },
  {
    sentence: "gives up after that second chance",
    script: ["run 100 1100", "run 60000 60500"],
    said: ["ping 1000", "ping 60000", "dead 60500"],
  },
  {
    sentence: "survives the gap if the answer was waiting in a buffer",
    script: ["run 100 1100", "run 60000 60000", "heard 60001", "run 60100 60900"],
    said: ["ping 1000", "ping 60000"],
  },
  {
    sentence: "only asks when it slept while nothing was asked",
    script: ["run 100 500", "run 60000 60100"],
    said: ["ping 60000"],
  },
  {
    sentence: `takes a tick that is late by less than ${GAP_MS} ms for a late tick`,
    script: ["run 100 1000", "run 1999 1999"],
    said: ["ping 1000", "dead 1999"],
  },
];

for (const { sentence, script, said } of rows) {
  test(sentence, () => {
    const heartbeat = new Heartbeat(1_000, 500, 0);
    const heard: string[] = [];
    for (const step of script) {
      const [what, from, to] = step.split(" ");
      if (what === "heard") heartbeat.heard(Number(from));
      else heard.push(...ticks(heartbeat, Number(from), Number(to)));
    }
    assert.equal(heard, said);
  });
}
