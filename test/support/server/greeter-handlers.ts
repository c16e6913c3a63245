// Handlers of the test service for tests that need one or two of them.

import { VertexError } from "@vertex/server";
import { Greeter, type GreeterHandlers } from "../../gen/greeter.ts";

/** The handlers given; all others fail as UNIMPLEMENTED. */
export function onlyHandlers(given: Partial<GreeterHandlers>): GreeterHandlers {
  const none = Object.keys(Greeter.methods).map((name) => [name, unimplemented]);
  return { ...(Object.fromEntries(none) as unknown as GreeterHandlers), ...given };
}

function unimplemented(): never {
  throw new VertexError("UNIMPLEMENTED", "not in this test");
}
