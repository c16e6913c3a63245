// The process that calls gRPC, over one channel.

import { type Client, credentials, makeGenericClientConstructor, type requestCallback } from "@grpc/grpc-js";
import { answerParent } from "./child.ts";
import { type FloodPlan, flood, sample } from "./flood.ts";
import { type GrpcSample, grpcBench } from "./grpc-service.ts";

type BenchClient = Client & { echo(request: GrpcSample, answered: requestCallback<GrpcSample>): unknown };

const BenchClient = makeGenericClientConstructor(grpcBench, "Bench");
let client: BenchClient | undefined;

function echo(): Promise<boolean> {
  return new Promise((resolve) =>
    client?.echo(sample, (error, answer) => resolve(error === null && answer?.id === sample.id)),
  );
}

answerParent({
  connect: ({ address }: { address: string }) => {
    client = new BenchClient(address, credentials.createInsecure()) as unknown as BenchClient;
    return new Promise((resolve, reject) =>
      client?.waitForReady(Date.now() + 5_000, (error) => (error === undefined ? resolve(1) : reject(error))),
    );
  },
  flood: (plan: FloodPlan) => flood(plan, echo),
});
