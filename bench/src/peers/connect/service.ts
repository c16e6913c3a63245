// The benchmark's service as connect-es wants it: from descriptors, which is all that its generated code holds, too.

import { createFileRegistry, type DescService, fromBinary } from "@bufbuild/protobuf";
import { FileDescriptorSetSchema } from "@bufbuild/protobuf/wkt";
import { benchDescriptors } from "../../../codec/gen/descriptors.js";

const files = fromBinary(FileDescriptorSetSchema, Buffer.from(benchDescriptors, "base64"));
const service = createFileRegistry(files).getService("vertex.bench.v1.Bench");
if (service === undefined) throw new Error("the descriptors have no benchmark service");

export const connectBench: DescService = service;
