// The text of vertex/v1/options.proto, so that every schema can import it. Written by .ci/codegen.mjs from schema/.

/** What `import "vertex/v1/options.proto"` finds. */
export const OPTIONS_PROTO: string = [
  "syntax = \"proto2\";",
  "",
  "// What Vertex reads in your schema beside the schema itself.",
  "package vertex.v1;",
  "",
  "import \"google/protobuf/descriptor.proto\";",
  "",
  "extend google.protobuf.MethodOptions {",
  "  // How Vertex treats this method: `option (vertex.v1.method) = { one_way: true };`",
  "  optional MethodRules method = 51170;",
  "}",
  "",
  "// Options of one method.",
  "message MethodRules {",
  "  // Nobody waits for an answer: the caller's promise resolves when the bytes are on their way. The response",
  "  // type must be google.protobuf.Empty.",
  "  optional bool one_way = 1;",
  "  // The deadline, in milliseconds, of calls that name none. Without it: 10,000.",
  "  optional uint32 timeout_ms = 2;",
  "  // Calls that name no deadline have none: for subscriptions and other streams that are meant to go on.",
  "  optional bool endless = 3;",
  "  // Full names of the messages that travel as details of this method's failures, such as \"shop.v1.SoldOut\".",
  "  repeated string error = 4;",
  "  // Servers run it in a worker thread: it needs the processor for longer than the other calls should wait.",
  "  optional bool worker = 5;",
  "}",
]
  .join("\n")
  .concat("\n");
