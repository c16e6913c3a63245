// gRPC C++, one thread an end and one channel: `grpc-cpp serve` prints its address and ends with its input,
// `grpc-cpp load ADDRESS DEPTH MS` prints one line of JSON.

#include <grpcpp/grpcpp.h>
#include <sys/resource.h>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <iostream>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "bench.grpc.pb.h"

using vertex::bench::v1::Bench;
using vertex::bench::v1::Sample;
using Clock = std::chrono::steady_clock;

// One call on the server: waits for a request, answers, makes way for the next.
class Serving {
 public:
  Serving(Bench::AsyncService* service, grpc::ServerCompletionQueue* queue)
      : service_(service), queue_(queue), responder_(&context_) {
    service_->RequestEcho(&context_, &request_, &responder_, queue_, queue_, this);
  }
  void proceed() {
    if (answered_) {
      delete this;
      return;
    }
    new Serving(service_, queue_);
    answered_ = true;
    responder_.Finish(request_, grpc::Status::OK, this);
  }

 private:
  Bench::AsyncService* service_;
  grpc::ServerCompletionQueue* queue_;
  grpc::ServerContext context_;
  Sample request_;
  grpc::ServerAsyncResponseWriter<Sample> responder_;
  bool answered_ = false;
};

static int serve() {
  Bench::AsyncService service;
  int port = 0;
  grpc::ServerBuilder builder;
  builder.AddListeningPort("127.0.0.1:0", grpc::InsecureServerCredentials(), &port);
  builder.RegisterService(&service);
  auto queue = builder.AddCompletionQueue();
  auto server = builder.BuildAndStart();
  std::cout << "127.0.0.1:" << port << std::endl;
  std::thread([] {
    std::string line;
    while (std::getline(std::cin, line)) {
    }
    std::_Exit(0);
  }).detach();
  for (int i = 0; i < 256; i++) new Serving(&service, queue.get());
  void* tag;
  bool ok;
  while (queue->Next(&tag, &ok)) {
    if (ok) static_cast<Serving*>(tag)->proceed();
  }
  return 0;
}

struct Call {
  grpc::ClientContext context;
  Sample reply;
  grpc::Status status;
  Clock::time_point startedAt;
  std::unique_ptr<grpc::ClientAsyncResponseReader<Sample>> reader;
};

static long cpuMicros() {
  rusage used;
  getrusage(RUSAGE_SELF, &used);
  return (used.ru_utime.tv_sec + used.ru_stime.tv_sec) * 1000000L + used.ru_utime.tv_usec + used.ru_stime.tv_usec;
}

static int load(const std::string& address, int depth, int ms) {
  auto stub = Bench::NewStub(grpc::CreateChannel(address, grpc::InsecureChannelCredentials()));
  grpc::CompletionQueue queue;
  Sample sample;
  sample.set_id(4711);
  sample.set_source("eu-1/rack-7");
  sample.set_delta(-5);
  sample.set_value(36.6);
  sample.set_urgent(true);
  auto send = [&] {
    auto* call = new Call;
    call->startedAt = Clock::now();
    call->reader = stub->AsyncEcho(&call->context, sample, &queue);
    call->reader->Finish(&call->reply, &call->status, call);
  };
  std::vector<double> times;
  times.reserve(4000000);
  long failures = 0, open = depth, cpu = 0, all = 0;
  // The first calls open the connection; they do not count.
  const auto warmUntil = Clock::now() + std::chrono::milliseconds(ms / 4);
  auto startedAt = Clock::now();
  bool warm = false;
  for (int i = 0; i < depth; i++) send();
  void* tag;
  bool ok;
  while (open > 0 && queue.Next(&tag, &ok)) {
    std::unique_ptr<Call> call(static_cast<Call*>(tag));
    all++;
    const auto now = Clock::now();
    if (!warm && now >= warmUntil) {
      warm = true;
      times.clear();
      failures = 0;
      startedAt = now;
      cpu = cpuMicros();
    }
    if (call->status.ok() && call->reply.id() == 4711)
      times.push_back(std::chrono::duration<double, std::micro>(now - call->startedAt).count());
    else
      failures++;
    if (!warm || now < startedAt + std::chrono::milliseconds(ms)) send();
    else open--;
  }
  const double seconds = std::chrono::duration<double>(Clock::now() - startedAt).count();
  const long calls = times.size();
  const long used = cpuMicros() - cpu;
  double sum = 0;
  for (double time : times) sum += time;
  std::sort(times.begin(), times.end());
  auto at = [&](double share) { return calls == 0 ? 0 : times[std::min<long>(calls - 1, share * calls)]; };
  std::printf(
      "{\"calls\":%ld,\"allCalls\":%ld,\"failures\":%ld,\"seconds\":%f,\"cpuMicros\":%ld,\"meanMicros\":%f,\"p50Micros\":%f,\"p99Micros\":%f}\n",
      calls, all, failures, seconds, used, calls ? sum / calls : 0, at(0.5), at(0.99));
  return 0;
}

int main(int argc, char** argv) {
  if (argc == 5) return load(argv[2], std::atoi(argv[3]), std::atoi(argv[4]));
  return serve();
}
