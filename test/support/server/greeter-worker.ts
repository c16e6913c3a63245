// One command of a service that no schema marks, for a server that leaves it to workers at registration.
import { threadId } from "node:worker_threads";
import { workerHandlers } from "@vertex/server/worker";
import { Greeter } from "../../gen/greeter.ts";

export const greeter = workerHandlers(
  Greeter,
  { hello: ({ name }, { metadata }) => ({ text: `Hello ${name} from ${threadId > 0} ${metadata.size}` }) },
  { interceptors: [async (call, next) => ({ text: `${((await next(call)) as { text: string }).text}!` })] },
);
