// Which messages can hold themselves, however far away: the only ones whose values have no end that the schema gives.

import type { DescriptorProto, FileDescriptorProto } from "@bufbuild/protobuf/wkt";

/** Names of types, each with those that it leads to. */
type Graph = Map<string, readonly string[]>;

/** Full names of the messages that stand on a cycle of fields, or between two cycles. */
export function recursiveTypes(files: readonly FileDescriptorProto[]): ReadonlySet<string> {
  const uses: Graph = new Map();
  for (const file of files) {
    for (const message of file.messageType)
      addUses(message, file.package === "" ? "" : `${file.package}.`, uses);
  }
  // Whoever leads to no cycle goes, then whoever is led to from none.
  return new Set(peeled(reversed(peeled(uses))).keys());
}

function addUses(message: DescriptorProto, scope: string, uses: Graph): void {
  const name = scope + message.name;
  uses.set(name, [...new Set(message.field.map(({ typeName }) => typeName.slice(1)))]);
  for (const inner of message.nestedType) addUses(inner, `${name}.`, uses);
}

/** What is left when ends, which lead nowhere, are taken away until there are none. A loop: chains may be long. */
function peeled(graph: Graph): Graph {
  const users = reversed(graph);
  const left = new Map([...graph].map(([name, uses]) => [name, uses.filter((use) => graph.has(use)).length]));
  const ends = [...left].filter(([, count]) => count === 0).map(([name]) => name);
  for (let end = ends.pop(); end !== undefined; end = ends.pop()) {
    left.delete(end);
    for (const user of users.get(end) ?? []) {
      const count = (left.get(user) ?? 0) - 1;
      left.set(user, count);
      if (count === 0) ends.push(user);
    }
  }
  return new Map([...left.keys()].map((name) => [name, graph.get(name) ?? []]));
}

function reversed(graph: Graph): Graph {
  const turned = new Map<string, string[]>([...graph.keys()].map((name) => [name, []]));
  for (const [name, uses] of graph) for (const use of uses) turned.get(use)?.push(name);
  return turned;
}
