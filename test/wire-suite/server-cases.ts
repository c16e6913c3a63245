// All cases for a server.
import type { ServerCase, ServerFacts } from "./case.ts";
import { connectionCases } from "./connection-cases.ts";
import { flowCases } from "./flow-cases.ts";
import { frameCases } from "./frame-cases.ts";
import { handshakeCases } from "./handshake-cases.ts";
import { messageCases } from "./message-cases.ts";
import { servingCases } from "./serving-cases.ts";

/** The cases that fit a server of those limits; those for the suite's own server only with `own`. */
export function serverCases(facts: ServerFacts, own: boolean): ServerCase[] {
  const all: ServerCase[] = [
    ...servingCases(1),
    ...frameCases(facts),
    ...messageCases(facts),
    ...flowCases(facts),
    ...handshakeCases(facts),
    ...connectionCases(facts),
  ];
  return all.filter((one) => own || one.own !== true);
}
