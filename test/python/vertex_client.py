#!/usr/bin/env python3
"""A Vertex client, standard library only, written from PROTOCOL.md and the .proto files alone ("§": its sections).

    python3 vertex_client.py HOST PORT [demo|wait]     prints one line of JSON a step; exit code 0: all went well

"demo" makes several calls and says goodbye, "wait" idles until the server does: see demo.py. One call at a time.
"""
from __future__ import annotations
import collections, functools, os, socket, struct, sys, time
from typing import Any, Iterator
from protobuf import decode, field, get

HELLO, WELCOME, CALL, DATA, FINISH, FAIL, CANCEL, CREDIT, PING, PONG, GOAWAY = range(1, 12)
END, MORE, PREFACE = 0x80, 0x40, b"VRTX\x01"
SHUTDOWN, PROTOCOL_ERROR, HEARTBEAT_TIMEOUT = 1, 2, 7  # why a connection ends
NOT_EXECUTED, UNKNOWN, ALL_CALLS, NEVER = 1, 3, 0xFFFFFFFF, float("inf")
MY_FRAME, MY_MESSAGE, MY_CREDIT = 4_096, 1 << 20, 8_192  # what this side is ready to receive
SIZES, MOST = {CANCEL: 0, CREDIT: 4, PING: 8, PONG: 8}, {CALL: MY_FRAME, DATA: MY_FRAME, FAIL: 65_536}  # of payloads

def method_id(name: str) -> int:  # FNV-1a, §3
    return functools.reduce(lambda hash, byte: (hash ^ byte) * 0x01000193 & 0xFFFFFFFF, name.encode(), 0x811C9DC5)

class Failure(Exception):
    def __init__(self, code: int, text: str, outcome: int, retry_after_ms: int = 0) -> None:
        super().__init__(f"status {code}, outcome {outcome}: {text}")
        self.shown = dict(code=code, text=text, outcome=outcome, retry_after_ms=retry_after_ms)

class Call:
    def __init__(self, id: int, credit: int, deadline: float) -> None:
        self.id, self.credit, self.deadline, self.over, self.failure = id, credit, deadline, False, None
        self.messages, self.partial, self.expected = [], b"", -1  # expected: length of a message in pieces

    def fail(self, failure: Failure) -> None:
        self.over, self.failure = True, failure

class Client:
    def __init__(self, host: str, port: int) -> None:  # §2
        self.socket, self.buffer = socket.create_connection((host, port), 5), b""
        self.next_id, self.highest_seen, self.pings = 1, 0, []
        self.call, self.welcome, self.goodbye = Call(0, 0, 0), {}, {}
        self.sent, self.received = collections.Counter(), collections.Counter()  # frames, by kind
        self.heard, self.asked, self.interval, self.timeout = time.monotonic(), 0.0, NEVER, NEVER
        limits = field(1, MY_FRAME) + field(2, MY_MESSAGE) + field(3, 1) + field(4, MY_CREDIT)
        self.send(HELLO, 0, PREFACE + field(1, 1) + field(2, 1) + field(3, limits) + field(5, "python"))
        self.require(self.pump(self.heard + 5), "no WELCOME within 5 seconds")

    def send(self, kind: int, id: int, payload: bytes = b"") -> None:  # §1
        self.socket.settimeout(5)
        self.socket.sendall(len(payload).to_bytes(3, "big") + struct.pack(">BI", kind, id) + payload)
        self.sent[kind & 0x0F] += 1

    def goaway(self, last: int, reason: int, text: str) -> None:
        self.send(GOAWAY, 0, field(1, last) + field(2, reason) + field(3, text))

    def require(self, fine: Any, text: str, reason: int = PROTOCOL_ERROR) -> None:  # §6, with an error
        if not fine:
            self.goaway(self.highest_seen, reason, text)
            raise ConnectionError(text)

    def ping(self) -> None:
        self.pings.append(os.urandom(8))
        self.send(PING, 0, self.pings[-1])

    def pump(self, until: float) -> bool:
        """Handles the server's next frame and keeps the heartbeat (§5) meanwhile. False: `until` came first."""
        while len(self.buffer) < 8 or len(self.buffer) < 8 + self.header()[0]:
            now, due = time.monotonic(), self.asked + self.timeout if self.asked else self.heard + self.interval
            if now >= until: return False
            if now >= due:
                self.require(not self.asked, "heard nothing", HEARTBEAT_TIMEOUT)
                self.asked = now
                self.ping()
                continue
            self.socket.settimeout(min(due, until) - now)
            try: data = self.socket.recv(65_536)
            except socket.timeout: continue
            if not data: raise ConnectionError("the server closed the stream")
            self.buffer, self.heard, self.asked = self.buffer + data, time.monotonic(), 0.0
        size, kind, flags, id = self.header()
        payload, self.buffer = self.buffer[8:8 + size], self.buffer[8 + size:]
        self.received[kind] += 1
        if id == 0: self.on_connection_frame(kind, payload)
        else: self.on_call_frame(kind, flags, id, payload)
        return True

    def header(self) -> tuple[int, int, int, int]:  # §1, checked before the payload is kept
        size, (kind, id) = int.from_bytes(self.buffer[:3], "big"), struct.unpack(">BI", self.buffer[3:8])
        flags, kind = kind & 0xF0, kind & 0x0F
        self.require(HELLO <= kind <= GOAWAY, "UNKNOWN_KIND")
        self.require(flags == 0 or (flags in (END, MORE) and kind in (CALL, DATA)), "BAD_FLAGS")
        self.require(size <= MOST.get(kind, 16_384), "FRAME_TOO_LARGE")
        self.require(size == SIZES.get(kind, size), "BAD_LENGTH")
        self.require((id != 0) == (CALL <= kind <= CREDIT), "BAD_CALL_ID")
        self.require(kind not in (HELLO, WELCOME) if self.welcome else kind in (WELCOME, GOAWAY), "wrong state")  # §8
        return size, kind, flags, id

    def on_connection_frame(self, kind: int, payload: bytes) -> None:
        if kind == WELCOME:  # a limit that is absent stands for its floor
            self.require(payload[:5] == PREFACE, "NOT_VERTEX")
            self.welcome = decode(payload[5:])
            limits, beat = decode(get(self.welcome, 2, b"")), decode(get(self.welcome, 3, b""))
            self.max_message, self.credit = max(get(limits, 2), 1_024), max(get(limits, 4), 1)
            self.max_frame = min(max(get(limits, 1), 1_024), self.max_message)
            self.interval, self.timeout = get(beat, 1) / 1000 or NEVER, get(beat, 2) / 1000 or NEVER
        elif kind == PING: self.send(PONG, 0, payload)
        elif kind == PONG: self.require(self.pings and self.pings.pop(0) == payload, "a PONG that answers no PING")
        elif kind == GOAWAY:  # §6
            self.goodbye = decode(payload)
            last, reason, text = get(self.goodbye, 1), get(self.goodbye, 2), get(self.goodbye, 3, b"").decode()
            if reason != SHUTDOWN: raise ConnectionError(f"GOAWAY, reason {reason}: {text}")
            if self.call.id > last and not self.call.over: self.call.fail(Failure(14, text, NOT_EXECUTED))

    def on_call_frame(self, kind: int, flags: int, id: int, payload: bytes) -> None:  # §3
        call, mine = self.call, id % 2 == 1
        self.require(kind != (CANCEL if mine else FAIL), "wrong state")
        if kind == CALL:  # nothing is served here
            self.require(not mine and id > self.highest_seen, "a CALL with a used id")
            self.highest_seen = id
            return self.send(FAIL, id, field(1, 12) + field(2, "no such method") + field(3, NOT_EXECUTED))
        self.require(id < self.next_id if mine else id <= self.highest_seen, "a call that was never opened")
        if id != call.id or call.over: return
        if kind == CREDIT: call.credit += int.from_bytes(payload, "big")
        elif kind == FINISH:
            self.require(call.expected < 0, "FINISH inside a message")
            call.over = True
        elif kind == FAIL:
            failure = decode(payload)
            call.fail(Failure(get(failure, 1), get(failure, 2, b"").decode(), get(failure, 3), get(failure, 4)))
        else:
            if flags & MORE and call.expected < 0:  # the first piece
                call.expected, call.partial = int.from_bytes(payload[:4], "big"), payload[4:]
                self.require(len(payload) >= 4 and call.expected <= MY_MESSAGE, "a message over the limit")
            else: call.partial += payload
            if not flags & MORE:
                self.require(call.expected in (-1, len(call.partial)), "pieces that do not add up")
                call.messages.append(call.partial)
                call.partial, call.expected = b"", -1
            if flags & END: call.over = True
            else: self.send(CREDIT, id, struct.pack(">I", max(len(payload), 256)))  # §4

    def progress(self, call: Call) -> None:
        if not self.pump(call.deadline):
            self.send(CANCEL, call.id)
            call.fail(Failure(4, "the deadline has passed", UNKNOWN))

    def ask(self, method: str, request: bytes, seconds: float = 5, **metadata: str) -> Iterator[bytes]:
        if self.goodbye: raise Failure(14, "the connection is closing down", NOT_EXECUTED)
        call = self.call = Call(self.next_id, self.credit, time.monotonic() + seconds)
        self.next_id += 2
        entries = b"".join(field(1, field(1, key) + field(2, value)) for key, value in metadata.items())
        kind, head = CALL, struct.pack(">IIH", method_id(method), int(seconds * 1000), len(entries)) + entries
        if len(request) > min(self.max_frame - len(head), max(call.credit, 256)):  # it goes in pieces
            request = struct.pack(">I", len(request)) + request
        while kind and not call.over:
            if call.credit <= 0: self.progress(call)  # §4
            else:
                room = min(self.max_frame - len(head), max(call.credit, 256))
                piece, request = request[:room], request[room:]
                self.send(kind | (MORE if request else END), call.id, head + piece)
                call.credit -= max(len(piece), 256)
                kind, head = DATA if request else 0, b""
        while call.messages or not call.over:
            if call.messages: yield call.messages.pop(0)
            else: self.progress(call)
        if call.failure: raise call.failure

    def leave(self) -> None:  # §6, in order
        if not self.goodbye:
            self.goaway(ALL_CALLS, SHUTDOWN, "done")
            self.ping()
            while self.pings and self.pump(self.heard + 5): pass
        self.goaway(self.highest_seen, SHUTDOWN, "done")
        self.socket.shutdown(socket.SHUT_WR)
        self.socket.settimeout(1)
        with self.socket:
            while self.socket.recv(65_536): pass  # read and drop

if __name__ == "__main__":
    import demo  # which imports Client from here
    sys.exit(demo.main(*sys.argv[1:]))
