// What one call shall do, decided before it starts, so that both of its ends and the model know it.
import type { Dice } from "@vertex/protocol/testing";
import type { Shape } from "./parcel-service.ts";

/** How a handler ends: well, with a status of its choice, with an error that is a bug, or before it has read all. */
export type Answer = "ok" | "status" | "throws" | "early";

export interface Plan {
  readonly shape: Shape;
  readonly timeoutMs: number;
  readonly requestBytes: number;
  readonly responseBytes: number;
  /** Messages that a streaming caller sends, and a streaming handler. */
  readonly requests: number;
  readonly responses: number;
  /** Time that the handler takes, before its first answer. */
  readonly handlerMs: number;
  /** Pauses of the sender and of the reader between messages; 0: none. */
  readonly sendGapMs: number;
  readonly readGapMs: number;
  readonly answer: Answer;
  /** Whether the handler stops when its caller has gone. */
  readonly obeys: boolean;
  /** Time after which the caller cancels; -1: never. */
  readonly cancelAfterMs: number;
  /** Messages after which a reader leaves its loop; -1: never. */
  readonly leaveAfter: number;
}

/** What plans are drawn from. */
export interface PlanProfile {
  readonly shapes: readonly Shape[];
  readonly timeoutMs: readonly [least: number, most: number];
  /** Most bytes of nearly all messages, and of one in `oneLargeIn`. */
  readonly usualBytes: number;
  readonly largeBytes: number;
  readonly oneLargeIn: number;
  readonly mostMessages: number;
  readonly handlerMs: readonly [least: number, most: number];
  readonly gapMs: number;
  /** Shares of calls whose handler fails, whose caller cancels, whose reader leaves early. */
  readonly failing: number;
  readonly cancelled: number;
  readonly leaving: number;
  /** Share of handlers that do not look whether their caller is still there. */
  readonly deaf: number;
}

/** A bit of everything, with every kind of end. */
export const everything: PlanProfile = {
  shapes: ["ask", "ask", "askAgain", "askAgain", "tell", "list", "collect", "chat"],
  timeoutMs: [5, 20_000],
  usualBytes: 2_000,
  largeBytes: 600_000,
  oneLargeIn: 25,
  mostMessages: 40,
  handlerMs: [0.1, 3_000],
  gapMs: 80,
  failing: 0.1,
  cancelled: 0.1,
  leaving: 0.15,
  deaf: 0.3,
};

/** Calls that must end well where nothing but order befalls them. */
export const patient: PlanProfile = {
  ...everything,
  shapes: ["ask", "ask", "ask", "askAgain", "ask", "ask", "tell", "ask", "ask", "list", "collect", "chat"],
  timeoutMs: [30_000, 40_000],
  largeBytes: 200_000,
  mostMessages: 20,
  handlerMs: [0.1, 800],
  gapMs: 40,
  failing: 0,
  cancelled: 0,
  leaving: 0,
  deaf: 0,
};

export function drawPlan(dice: Dice, profile: PlanProfile): Plan {
  const bytes = () =>
    Math.floor(
      dice.spread(1, dice.chance(1 / profile.oneLargeIn) ? profile.largeBytes : profile.usualBytes),
    ) - 1;
  const gap = () => (profile.gapMs > 0 && dice.chance(0.4) ? dice.between(0, profile.gapMs) : 0);
  const timeoutMs = dice.spread(...profile.timeoutMs);
  const responses = dice.whole(0, profile.mostMessages);
  return {
    shape: dice.pick(profile.shapes),
    timeoutMs,
    requestBytes: bytes(),
    responseBytes: bytes(),
    requests: dice.whole(0, profile.mostMessages),
    responses,
    handlerMs: dice.chance(0.3) ? 0 : dice.spread(...profile.handlerMs),
    sendGapMs: gap(),
    readGapMs: gap(),
    answer: dice.chance(profile.failing) ? dice.pick(["status", "throws", "early"]) : "ok",
    obeys: !dice.chance(profile.deaf),
    cancelAfterMs: dice.chance(profile.cancelled) ? dice.spread(0.5, timeoutMs) : -1,
    leaveAfter: dice.chance(profile.leaving) ? dice.whole(0, responses) : -1,
  };
}

/** True for calls that can be expected to end well when nothing befalls them. */
export function shouldSucceed({ answer, cancelAfterMs, leaveAfter }: Plan): boolean {
  return answer === "ok" && cancelAfterMs < 0 && leaveAfter < 0;
}

/** True when nothing but a failure of the link may make the method run twice. */
export function mayRunTwice({ shape }: Plan): boolean {
  return shape === "askAgain";
}
