// gRPC Go, one channel: `grpc-go serve` prints its address and ends with its input, `grpc-go load ADDRESS DEPTH MS`
// prints one line of JSON.
package main

import (
	"context"
	"fmt"
	"io"
	"net"
	"os"
	"sort"
	"strconv"
	"sync"
	"sync/atomic"
	"syscall"
	"time"

	"google.golang.org/grpc"

	pb "vertexbench/pb"
)

const path = "/vertex.bench.v1.Bench/Echo"

func echo(_ interface{}, _ context.Context, decode func(interface{}) error, _ grpc.UnaryServerInterceptor) (interface{}, error) {
	request := new(pb.Sample)
	if err := decode(request); err != nil {
		return nil, err
	}
	return request, nil
}

var service = grpc.ServiceDesc{
	ServiceName: "vertex.bench.v1.Bench",
	HandlerType: (*interface{})(nil),
	Methods:     []grpc.MethodDesc{{MethodName: "Echo", Handler: echo}},
}

func serve() {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		panic(err)
	}
	server := grpc.NewServer()
	server.RegisterService(&service, struct{}{})
	fmt.Println(listener.Addr())
	go func() {
		_, _ = io.Copy(io.Discard, os.Stdin)
		os.Exit(0)
	}()
	panic(server.Serve(listener))
}

func cpuMicros() int64 {
	var used syscall.Rusage
	_ = syscall.Getrusage(syscall.RUSAGE_SELF, &used)
	return (used.Utime.Sec+used.Stime.Sec)*1_000_000 + used.Utime.Usec + used.Stime.Usec
}

// run keeps `depth` calls in flight for a while and returns their times in microseconds.
func run(channel *grpc.ClientConn, depth int, howLong time.Duration) ([]float64, int64) {
	sample := &pb.Sample{Id: 4711, Source: "eu-1/rack-7", Delta: -5, Value: 36.6, Urgent: true}
	until := time.Now().Add(howLong)
	var failures int64
	lanes := make([][]float64, depth)
	var running sync.WaitGroup
	for lane := 0; lane < depth; lane++ {
		running.Add(1)
		go func(lane int) {
			defer running.Done()
			for {
				startedAt := time.Now()
				if startedAt.After(until) {
					return
				}
				reply := new(pb.Sample)
				if err := channel.Invoke(context.Background(), path, sample, reply); err != nil || reply.Id != 4711 {
					atomic.AddInt64(&failures, 1)
					continue
				}
				lanes[lane] = append(lanes[lane], float64(time.Since(startedAt).Nanoseconds())/1_000)
			}
		}(lane)
	}
	running.Wait()
	var times []float64
	for _, lane := range lanes {
		times = append(times, lane...)
	}
	return times, failures
}

func load(address string, depth int, ms int) {
	channel, err := grpc.Dial(address, grpc.WithInsecure(), grpc.WithBlock())
	if err != nil {
		panic(err)
	}
	howLong := time.Duration(ms) * time.Millisecond
	warm, _ := run(channel, depth, howLong/4)
	cpu, startedAt := cpuMicros(), time.Now()
	times, failures := run(channel, depth, howLong)
	seconds, used := time.Since(startedAt).Seconds(), cpuMicros()-cpu
	sort.Float64s(times)
	sum := 0.0
	for _, each := range times {
		sum += each
	}
	at := func(share float64) float64 {
		if len(times) == 0 {
			return 0
		}
		return times[int(share*float64(len(times)-1))]
	}
	calls := len(times)
	mean := 0.0
	if calls > 0 {
		mean = sum / float64(calls)
	}
	fmt.Printf("{\"calls\":%d,\"allCalls\":%d,\"failures\":%d,\"seconds\":%f,\"cpuMicros\":%d,\"meanMicros\":%f,\"p50Micros\":%f,\"p99Micros\":%f}\n",
		calls, calls+len(warm), failures, seconds, used, mean, at(0.5), at(0.99))
}

func main() {
	if len(os.Args) < 5 {
		serve()
		return
	}
	depth, _ := strconv.Atoi(os.Args[3])
	ms, _ := strconv.Atoi(os.Args[4])
	load(os.Args[2], depth, ms)
}
