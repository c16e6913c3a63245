// Clients in a process of their own, for the client cases: makes them, calls with them and closes them as it is told.
import { type Asked, type ClientUnderTest, ownClients, type Said } from "./client-under-test.ts";

const clients = new Map<number, ClientUnderTest>();

async function obey({ client: number, what, address = "" }: Asked): Promise<string> {
  if (what === "make") {
    clients.set(number, ownClients.make(address));
    return "";
  }
  const client = clients.get(number);
  if (client === undefined) return "there is no such client";
  if (what === "ready") return String(await client.ready());
  if (what !== "close") return client.call(what);
  clients.delete(number);
  await client.close();
  return "";
}

process.on("message", (message) => {
  const asked = message as Asked;
  void obey(asked).then((answer) => process.send?.({ id: asked.id, answer } satisfies Said));
});
