// A client in a process of its own. Arguments: address, heartbeat interval and timeout. Prints what happens to it,
// and calls the server now and then.
import { connect } from "@vertex/client";
import { Greeter } from "../../gen/greeter.ts";

const [address = "", heartbeatIntervalMs, heartbeatTimeoutMs] = process.argv.slice(2);

const client = connect(address, {
  session: {
    heartbeatIntervalMs: Number(heartbeatIntervalMs),
    heartbeatTimeoutMs: Number(heartbeatTimeoutMs),
  },
  reconnect: { initialDelayMs: 50 },
  onConnect: () => process.stdout.write("connected\n"),
  onDisconnect: ({ reason, by, message }) => process.stdout.write(`lost ${reason} by ${by}: ${message}\n`),
});
await client.ready();
process.on("SIGUSR2", () => {
  client
    .use(Greeter)
    .hello({ name: "child" })
    .then(
      ({ text }) => process.stdout.write(`answer ${text}\n`),
      (error: Error) => process.stdout.write(`failure ${error.message}\n`),
    );
});
