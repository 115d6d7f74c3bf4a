"""Frames between the Hub and the agent: four bytes of length, one of kind, the body. Numbers are big-endian.

Requests are answered in their order, so many may be on their way at once. Limits: knows nothing of files.
"""

from __future__ import annotations

import socket
import struct
import time

VERSION = 1
CHUNK = 1 << 18
MOST_FRAME = 1 << 20
# So many bytes of answers are put together before they are sent.
BATCH = 1 << 16
# While something takes long, a sign of life so often.
BEAT = 2.0

# What lies at a place, and how a change went.
NOTHING, FOLDER, FILE, LINK = b"\0", b"\1", b"\2", b"\3"
DONE, CHANGED, FAILED = b"\0", b"\1", b"\2"


class Over(Exception):
    """The connection has ended, or does not speak the protocol."""


def packed(data: bytes) -> bytes:
    """Bytes with their length before them."""
    return struct.pack(">I", len(data)) + data


class Body:
    """A frame's content, read from its begin."""

    def __init__(self, data: bytes) -> None:
        self.data = data
        self.at = 0

    def take(self, count: int) -> bytes:
        """The next bytes."""
        if self.at + count > len(self.data):
            raise Over("a frame is too short")
        self.at += count
        return self.data[self.at - count : self.at]

    def number(self, form: str) -> int:
        """The next number."""
        (value,) = struct.unpack(">" + form, self.take(struct.calcsize(form)))
        return int(value)

    def text(self) -> bytes:
        """The next bytes that have their length before them."""
        return self.take(self.number("I"))

    def entry(self) -> bytes:
        """The next entry, as it is compared."""
        kind = self.take(1)
        if kind == FILE:
            return kind + self.take(33)
        return kind + packed(self.text()) if kind == LINK else kind

    def rest(self) -> bytes:
        """All that is left."""
        return self.data[self.at :]


class Link:
    """Frames over one connection."""

    def __init__(self, connection: socket.socket) -> None:
        self.connection = connection
        self.held = bytearray()
        self.out = bytearray()
        self.sent_at = time.monotonic()

    def fill(self) -> None:
        """More from the other side; what it waits for is sent first."""
        self.flush()
        data = self.connection.recv(CHUNK)
        if not data:
            raise Over("the connection has ended")
        self.held += data

    def frame(self) -> tuple[bytes, Body]:
        """The next frame."""
        while len(self.held) < 4:
            self.fill()
        (length,) = struct.unpack_from(">I", self.held)
        if not 0 < length <= MOST_FRAME:
            raise Over(f"a frame of {length} bytes")
        while len(self.held) < 4 + length:
            self.fill()
        body = bytes(self.held[4 : 4 + length])
        del self.held[: 4 + length]
        return body[:1], Body(body[1:])

    def send(self, kind: bytes, body: bytes = b"") -> None:
        """Sends a frame, together with others."""
        self.out += struct.pack(">I", len(body) + 1) + kind + body
        if len(self.out) >= BATCH:
            self.flush()

    def flush(self) -> None:
        """Sends what waits."""
        if self.out:
            self.connection.sendall(self.out)
            self.out.clear()
            self.sent_at = time.monotonic()

    def beat(self) -> None:
        """A sign of life, if there was none for a while."""
        if time.monotonic() - self.sent_at > BEAT:
            self.send(b"k")
            self.flush()
