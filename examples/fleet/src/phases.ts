// What happens in the demo, one function for each part of it. Each tells its story on the screen and notes what held.

import { setTimeout as sleep } from "node:timers/promises";
import type { Checks } from "./checks.ts";
import type { Fleet, Seat } from "./fleet.ts";
import { type AgentStatus, Probe } from "./gen/fleet/v1/fleet.ts";
import { BURST, type Burst, CONCURRENCY, runBurst } from "./load.ts";
import type { FleetState, Operator } from "./operator.ts";
import type { Screen } from "./screen.ts";
import { count } from "./table.ts";
import { describeFailure } from "./tally.ts";

/** What every phase works with. */
export interface Demo {
  readonly fleet: Fleet;
  readonly operator: Operator;
  readonly screen: Screen;
  readonly checks: Checks;
}

/** Time for the agents to notice, or to come back, in milliseconds. */
const PATIENCE_MS = 10_000;
/** How long the port stays dead after the kill, in milliseconds. */
const OUTAGE_MS = 400;

/** Readings come in. One agent gets new settings, one is asked for that does not exist. */
export async function quiet({ fleet, operator, screen, checks }: Demo, seconds: number): Promise<void> {
  const all = await fleet.until(() => fleet.seats.every(({ connected }) => connected), PATIENCE_MS);
  checks.must("every agent connected", all);
  screen.tell(`${fleet.seats.length} agents are connected and report what they measure`);
  await sleep(seconds * 500);
  const settings = { intervalMs: 50, probes: [Probe.PROBE_CPU, Probe.PROBE_NETWORK, Probe.PROBE_PROCESS] };
  const calledAt = performance.now();
  await operator.collector.configure({ agent: "agent-1", settings });
  const tookMs = (performance.now() - calledAt).toFixed(1);
  screen.tell(
    `agent-1 measures every 50 ms now: the collector called it on the agent's own connection, ${tookMs} ms`,
  );
  await operator.collector.configure({ agent: "agent-99", settings }).catch((error: unknown) => {
    screen.tell(`settings for agent-99, which does not exist: ${describeFailure(error)}`);
  });
  await sleep(seconds * 500);
  screen.snapshot();
}

/** As many calls as go through. */
export async function burst({ fleet, screen, checks }: Demo, seconds: number): Promise<Burst> {
  screen.tell(`a burst: ${CONCURRENCY} reports at a time, one reading each, for ${seconds.toFixed(1)} s`);
  const result = await runBurst(fleet.address, seconds);
  const { started, settled, failures } = result.tally;
  const perSecond = count(Math.round(settled / result.seconds));
  screen.tell(`${count(settled)} calls are answered, ${perSecond} a second`);
  const failed = Object.entries(failures).map(([kind, times]) => `${times} x ${kind}`);
  checks.must("no call of the burst failed", failed.length === 0, failed.join("; "));
  checks.must("every call of the burst settled", started === settled, `${started - settled} did not`);
  screen.snapshot();
  return result;
}

/** The collector hangs: its connections stand, and nobody answers. Only a heartbeat finds that out. */
export async function freeze({ fleet, screen, checks }: Demo): Promise<void> {
  const before = fleet.seats.map(({ losses }) => losses.length);
  const lossOf = (seat: Seat, index: number) => seat.losses[before[index] ?? 0];
  screen.tell("the collector is frozen (SIGSTOP): its connections stand, nobody answers");
  const frozenAt = performance.now();
  fleet.collector?.signal("SIGSTOP");
  const noticed = await fleet.until(
    () => fleet.seats.every((seat, index) => lossOf(seat, index)?.reason === "HEARTBEAT_TIMEOUT"),
    PATIENCE_MS,
  );
  checks.must(
    "every agent's heartbeat noticed the frozen collector",
    noticed,
    fleet.seats.map((seat, index) => lossOf(seat, index)?.reason ?? "nothing").join(", "),
  );
  const slowest = Math.max(...fleet.seats.map((seat, index) => (lossOf(seat, index)?.at ?? 0) - frozenAt));
  if (noticed)
    screen.tell(`every agent's heartbeat has noticed, the last one after ${slowest.toFixed(0)} ms`);
  fleet.collector?.signal("SIGCONT");
  await comeBack({ fleet, screen, checks }, "after the freeze", performance.now());
}

/** The collector dies without a word, and another one takes its port and its journal. */
export async function kill({ fleet, operator, screen, checks }: Demo): Promise<void> {
  checks.must("everybody lived until the kill", fleet.accidents.length === 0, fleet.accidents.join("\n"));
  screen.tell("the collector is killed (SIGKILL)");
  fleet.collector?.signal("SIGKILL");
  const lost = await fleet.until(
    () => operator.client.stats().connections === 0 && fleet.seats.every(({ connected }) => !connected),
    PATIENCE_MS,
  );
  checks.must("every agent noticed that the collector was killed", lost);
  const [error] = await Promise.all([
    operator.collector.summary({ agent: "" }, { timeoutMs: OUTAGE_MS / 2 }).catch((error: unknown) => error),
    sleep(OUTAGE_MS),
  ]);
  screen.tell(`a call with ${OUTAGE_MS / 2} ms to live, meanwhile: ${describeFailure(error)}`);
  const listening = await fleet.startCollector();
  checks.must("the collector came back on its port", listening, fleet.collector?.complaints.join("\n"));
  screen.tell(`a new collector listens there, with ${count(fleet.replayed)} readings from the journal`);
  await comeBack({ fleet, screen, checks }, "after the kill", performance.now());
}

/** The agents pause, and both sides count: what was taken is what is kept. */
export async function settle({ fleet, operator, screen, checks }: Demo, result: Burst): Promise<FleetState> {
  const pause = { intervalMs: 0, probes: [] };
  const statuses = await Promise.all(
    fleet.seats.map(({ name }) => operator.collector.configure({ agent: name, settings: pause })),
  );
  const summary = await operator.ask();
  const kept = new Map(summary.agents.map((each) => [each.agent, each]));
  const expected: [string, bigint][] = fleet.seats.map(({ name }, index) => [
    name,
    statuses[index]?.taken ?? 0n,
  ]);
  const lost = expected.concat([[BURST, result.taken]]).flatMap(([name, taken]) => {
    const found = kept.get(name);
    const whole = found?.kept === taken && found.missing === 0n && found.dropped === 0n;
    return whole ? [] : [`${name} took ${taken}, of which ${found?.kept ?? 0n} are kept`];
  });
  screen.tell(lost.length === 0 ? "the agents pause: every reading they took is kept" : lost.join("; "));
  checks.must("no reading was lost", lost.length === 0, lost.join("; "));
  checks.must("every agent reported something", statuses.every(hasReported));
  screen.snapshot();
  return summary;
}

/** Everybody is asked to go. */
export async function shutDown({ fleet, operator, screen, checks }: Demo): Promise<void> {
  checks.must("everybody lived until the end", fleet.accidents.length === 0, fleet.accidents.join("\n"));
  await operator.rest();
  screen.tell("the collector is asked to go (SIGTERM), with everybody connected and a stream open");
  fleet.collector?.signal("SIGTERM");
  const exit = await Promise.race([fleet.collector?.exited, sleep(PATIENCE_MS)]);
  screen.tell(`its report: ${fleet.goodbye?.text ?? "none"}`);
  const wellDone = exit?.code === 0 && fleet.goodbye?.cancelled === 0;
  checks.must("the collector shut down in order and cut off nothing", wellDone, JSON.stringify(exit));
  const exits = await Promise.race([fleet.stopAgents(), sleep(PATIENCE_MS)]);
  await operator.close();
  checks.must(
    "every agent ended by itself",
    exits?.every(({ code }) => code === 0) === true,
    JSON.stringify(exits),
  );
  const tallies = [operator.tally.counts, ...fleet.seats.flatMap(({ stopped }) => stopped?.tally ?? [])];
  const open = tallies.reduce((sum, { started, settled }) => sum + started - settled, 0);
  checks.must(
    "every call settled",
    open === 0 && tallies.length === fleet.seats.length + 1,
    `${open} are open`,
  );
}

async function comeBack(
  { fleet, screen, checks }: Pick<Demo, "fleet" | "screen" | "checks">,
  when: string,
  since: number,
): Promise<void> {
  const back = await fleet.until(() => fleet.seats.every(({ connected }) => connected), PATIENCE_MS);
  checks.must(`every agent came back ${when}`, back);
  if (!back) return;
  const tookMs = (performance.now() - since).toFixed(0);
  const waiting = fleet.seats.reduce((sum, { backlog }) => sum + backlog, 0);
  screen.tell(`all agents are back within ${tookMs} ms, with ${waiting} readings taken meanwhile`);
}

function hasReported({ taken, reported }: AgentStatus): boolean {
  return taken > 0n && reported === taken;
}
