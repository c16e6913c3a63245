//! What one writes by hand on tokio: length prefix, bincode, a channel to the task that writes, one thread an end.
//! `rust-echo serve|serve-each` prints its address and ends with its input; `rust-echo load|load-each ADDRESS DEPTH MS`
//! prints one line of JSON. The plain forms write all that waits at once, those with `each` write every message by itself.

use serde::{Deserialize, Serialize};
use std::cell::RefCell;
use std::collections::HashMap;
use std::io::Read;
use std::rc::Rc;
use std::time::{Duration, Instant};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::tcp::{OwnedReadHalf, OwnedWriteHalf};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{mpsc, oneshot};
use tokio::task::{spawn_local, LocalSet};

#[derive(Serialize, Deserialize, Clone)]
struct Sample {
    id: u32,
    source: String,
    delta: i32,
    value: f64,
    urgent: bool,
}

#[derive(Serialize, Deserialize)]
struct Message {
    call: u64,
    sample: Sample,
}

fn append(out: &mut Vec<u8>, message: &Message) {
    let at = out.len();
    out.extend_from_slice(&[0; 4]);
    bincode::serialize_into(&mut *out, message).unwrap();
    let length = (out.len() - at - 4) as u32;
    out[at..at + 4].copy_from_slice(&length.to_be_bytes());
}

async fn write_all(mut socket: OwnedWriteHalf, mut messages: mpsc::UnboundedReceiver<Message>, each: bool) {
    let mut out = Vec::with_capacity(65_536);
    while let Some(message) = messages.recv().await {
        append(&mut out, &message);
        while !each && out.len() < 65_536 {
            match messages.try_recv() {
                Ok(message) => append(&mut out, &message),
                Err(_) => break,
            }
        }
        if socket.write_all(&out).await.is_err() {
            return;
        }
        out.clear();
    }
}

async fn read_all(mut socket: OwnedReadHalf, mut took: impl FnMut(Message)) {
    let mut buffer = Vec::with_capacity(65_536);
    while matches!(socket.read_buf(&mut buffer).await, Ok(bytes) if bytes > 0) {
        let mut at = 0;
        while buffer.len() - at >= 4 {
            let length = u32::from_be_bytes(buffer[at..at + 4].try_into().unwrap()) as usize;
            if buffer.len() - at - 4 < length {
                break;
            }
            took(bincode::deserialize(&buffer[at + 4..at + 4 + length]).unwrap());
            at += 4 + length;
        }
        buffer.drain(..at);
    }
}

async fn serve(each: bool) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    println!("{}", listener.local_addr().unwrap());
    std::thread::spawn(|| {
        let _ = std::io::stdin().read_to_end(&mut Vec::new());
        std::process::exit(0);
    });
    loop {
        let (socket, _) = listener.accept().await.unwrap();
        socket.set_nodelay(true).unwrap();
        let (from, to) = socket.into_split();
        let (send, messages) = mpsc::unbounded_channel();
        spawn_local(write_all(to, messages, each));
        spawn_local(read_all(from, move |message| {
            let _ = send.send(message);
        }));
    }
}

fn cpu_micros() -> u64 {
    let stat = std::fs::read_to_string("/proc/self/stat").unwrap_or_default();
    let fields: Vec<&str> = stat.rsplit(") ").next().unwrap_or("").split(' ').collect();
    let ticks = |at: usize| fields.get(at).and_then(|field| field.parse::<u64>().ok()).unwrap_or(0);
    (ticks(11) + ticks(12)) * 10_000
}

type Waiting = Rc<RefCell<HashMap<u64, oneshot::Sender<Sample>>>>;

/// Keeps `depth` calls in flight for a while; returns their times in microseconds, and the failures.
async fn run(send: &mpsc::UnboundedSender<Message>, waiting: &Waiting, first: u64, depth: u64, how_long: Duration) -> (Vec<f64>, u64) {
    let sample = Sample { id: 4711, source: "eu-1/rack-7".into(), delta: -5, value: 36.6, urgent: true };
    let until = Instant::now() + how_long;
    let lanes: Vec<_> = (0..depth)
        .map(|lane| {
            let (send, waiting, sample) = (send.clone(), waiting.clone(), sample.clone());
            spawn_local(async move {
                let (mut times, mut failures, mut call) = (Vec::new(), 0, first + lane);
                loop {
                    let started_at = Instant::now();
                    if started_at > until {
                        return (times, failures);
                    }
                    let (answer, answered) = oneshot::channel();
                    waiting.borrow_mut().insert(call, answer);
                    let _ = send.send(Message { call, sample: sample.clone() });
                    match answered.await {
                        Ok(reply) if reply.id == 4711 => times.push(started_at.elapsed().as_nanos() as f64 / 1_000.0),
                        _ => failures += 1,
                    }
                    call += depth;
                }
            })
        })
        .collect();
    let (mut times, mut failures) = (Vec::new(), 0);
    for lane in lanes {
        let (some, failed) = lane.await.unwrap();
        times.extend(some);
        failures += failed;
    }
    (times, failures)
}

async fn load(address: &str, depth: u64, ms: u64, each: bool) {
    let socket = TcpStream::connect(address).await.unwrap();
    socket.set_nodelay(true).unwrap();
    let (from, to) = socket.into_split();
    let (send, messages) = mpsc::unbounded_channel();
    let waiting: Waiting = Rc::default();
    spawn_local(write_all(to, messages, each));
    let answers = waiting.clone();
    spawn_local(read_all(from, move |Message { call, sample }| {
        if let Some(answer) = answers.borrow_mut().remove(&call) {
            let _ = answer.send(sample);
        }
    }));
    let (warm, _) = run(&send, &waiting, 1, depth, Duration::from_millis(ms / 4)).await;
    let (cpu, started_at) = (cpu_micros(), Instant::now());
    let (mut times, failures) = run(&send, &waiting, 1 << 40, depth, Duration::from_millis(ms)).await;
    let (seconds, used) = (started_at.elapsed().as_secs_f64(), cpu_micros() - cpu);
    times.sort_by(f64::total_cmp);
    let at = |share: f64| times.get((share * (times.len().max(1) - 1) as f64) as usize).copied().unwrap_or(0.0);
    let mean = times.iter().sum::<f64>() / times.len().max(1) as f64;
    println!(
        "{{\"calls\":{},\"allCalls\":{},\"failures\":{failures},\"seconds\":{seconds},\"cpuMicros\":{used},\"meanMicros\":{mean},\"p50Micros\":{},\"p99Micros\":{}}}",
        times.len(),
        times.len() + warm.len(),
        at(0.5),
        at(0.99),
    );
}

#[tokio::main(flavor = "current_thread")]
async fn main() {
    let args: Vec<String> = std::env::args().collect();
    let command = args[1].as_str();
    let each = command.ends_with("each");
    let work = async {
        if command.starts_with("load") {
            load(&args[2], args[3].parse().unwrap(), args[4].parse().unwrap(), each).await;
        } else {
            serve(each).await;
        }
    };
    LocalSet::new().run_until(work).await;
}
