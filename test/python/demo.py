"""What `vertex_client.py HOST PORT [demo|wait]` does: one line of JSON a step."""
from __future__ import annotations
import json, sys, time
from typing import Any, Iterator
from protobuf import decode, field, get
from vertex_client import ALL_CALLS, CREDIT, DATA, PING, PONG, Client, Failure

GREETER = "vertex.test.v1.Greeter/"

def show(step: str, **what: Any) -> None:
    print(json.dumps({"step": step, **what}), flush=True)

def greeting(client: Client, name: str, **metadata: str) -> str:
    [reply] = client.ask(GREETER + "Hello", field(1, name), 5, **metadata)  # exactly one answer
    return get(decode(reply), 1, b"").decode()

def ticks(client: Client, start: int, interval_ms: int) -> Iterator[int]:
    for tick in client.ask(GREETER + "Countdown", field(1, start) + field(2, interval_ms)):
        yield get(decode(tick), 1)

def make_calls(client: Client) -> None:
    show("hello", text=greeting(client, "Ada", language="python"))
    try:
        list(client.ask(GREETER + "Fail", field(1, 5) + field(2, "nobody of that name") + field(3, 250)))
    except Failure as failure:
        show("fail", **failure.shown)
    size = min(3 * client.max_frame + client.credit, client.max_message - 100)
    sent, received = client.sent.copy(), client.received.copy()
    text = greeting(client, "x" * size)
    show("large", size=size, max_frame=client.max_frame, credit=client.credit, same=text.endswith("x" * size),
         data_sent=(client.sent - sent)[DATA], credit_received=(client.received - received)[CREDIT],
         data_received=(client.received - received)[DATA], credit_sent=(client.sent - sent)[CREDIT])
    show("countdown", ticks=list(ticks(client, 5, 10)))
    time.sleep(0.5)  # busy with something else: the server asks first
    until = time.monotonic() + 0.5
    while client.pump(until): pass
    show("idle", pongs_sent=client.sent[PONG], pings_sent=client.sent[PING], pongs_received=client.received[PONG])
    started = time.monotonic()
    client.ping()
    while client.pings: client.require(client.pump(started + 5), "no PONG within 5 seconds")
    show("ping", ms=round((time.monotonic() - started) * 1000, 3))

def wait_for_goodbye(client: Client) -> None:
    last = None
    while last in (None, ALL_CALLS):  # the announcement is not the last word
        known = client.goodbye
        client.pump(time.monotonic() + 1)
        if client.goodbye is known: continue
        last, text = get(client.goodbye, 1), get(client.goodbye, 3, b"").decode()
        show("goaway", last=last, reason=get(client.goodbye, 2), text=text, pongs_sent=client.sent[PONG])
    try: greeting(client, "too late")
    except Failure as failure: show("refused", **failure.shown)

def main(host: str = "127.0.0.1", port: str = "0", mode: str = "demo") -> int:
    try:
        client = Client(host, int(port))
        services = [get(decode(service), 1).decode() for service in client.welcome.get(5, [])]
        show("welcome", version=get(client.welcome, 1), max_frame=client.max_frame, max_message=client.max_message,
             credit=client.credit, interval_ms=client.interval * 1000, services=services)
        if mode == "wait": wait_for_goodbye(client)
        else: make_calls(client)
        client.leave()
        show("goodbye")
        return 0
    except (Failure, OSError, ValueError) as error:
        print(f"{type(error).__name__}: {error}", file=sys.stderr)
        return 1
