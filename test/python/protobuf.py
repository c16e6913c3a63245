"""As much of protobuf as the control messages of Vertex and a small demo need: varints, fields, nothing else."""
from __future__ import annotations
import io
from typing import Any, Union

Fields = dict  # a decoded protobuf message: a list of values (int or bytes) under each field number

def varint(n: int) -> bytes:
    return bytes([n]) if n < 0x80 else bytes([n & 0x7F | 0x80]) + varint(n >> 7)

def field(number: int, value: Union[int, str, bytes]) -> bytes:
    if isinstance(value, int): return varint(number << 3) + varint(value)
    data = value.encode() if isinstance(value, str) else value
    return varint(number << 3 | 2) + varint(len(data)) + data

def read_varint(stream: io.BytesIO) -> int:
    byte = stream.read(1)[0]
    return byte if byte < 0x80 else byte & 0x7F | read_varint(stream) << 7

def decode(data: bytes) -> Fields:
    stream, fields = io.BytesIO(data), {}
    while stream.tell() < len(data):
        number, wire = divmod(read_varint(stream), 8)
        value: Any = read_varint(stream) if wire in (0, 2) else stream.read({1: 8, 5: 4}[wire])
        fields.setdefault(number, []).append(stream.read(value) if wire == 2 else value)
    return fields

def get(fields: Fields, number: int, absent: Any = 0) -> Any:
    return fields.get(number, [absent])[-1]
