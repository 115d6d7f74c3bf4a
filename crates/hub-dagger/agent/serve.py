"""Lets the Hub keep a folder inside a session like the project folder, where the engine has no live mounts.

One Hub at a time connects, shows its key and asks: what is in the folder (with digests), read this, write that. What
is replaced or removed must still be what the Hub saw; else nothing is done and the Hub is told. Decides nothing:
what belongs where is the Hub's to say. Limits: Linux; needs nothing but Python's own library.
"""

from __future__ import annotations

import contextlib
import hashlib
import hmac
import os
import select
import socket
import stat
import struct
import sys
import threading
from typing import NoReturn

from contents import NOT_AS_SEEN, READ, Changed, Contents, Restless, TooMuch, words
from wire import BATCH, CHANGED, CHUNK, DONE, FAILED, NOTHING, VERSION, Body, Link, Over, packed

LOGIN = 10.0
# Connections that have not shown the key yet; one too many is turned away.
STRANGERS = 8


class Session:
    """One Hub's requests."""

    def __init__(self, folder: Contents, link: Link) -> None:
        self.folder = folder
        self.link = link
        self.told: dict[bytes, bytes] = {}

    def run(self) -> NoReturn:
        """Answers until the connection ends."""
        answers = {b"S": self.scan, b"W": self.wait, b"P": self.put, b"G": self.get}
        while True:
            kind, body = self.link.frame()
            if kind in answers:
                answers[kind](body)
            else:
                self.change(kind, body)

    def change(self, kind: bytes, body: Body) -> None:
        """Changes that need no content."""
        folder, link = self.folder, self.link
        try:
            if kind == b"L":
                path, target = body.text(), body.text()
                folder.make_link(link.beat, path, target, body.entry())
            elif kind == b"M":
                with folder.place(body.text()) as (parent, name):
                    os.mkdir(name, 0o755, dir_fd=parent)
            elif kind == b"R":
                path = body.text()
                folder.remove(link.beat, path, body.entry())
            elif kind == b"V":
                path, to = body.text(), body.text()
                folder.move(link.beat, path, to, body.entry())
            elif kind == b"T":
                folder.set_token(body.text())
            else:
                raise Over(f"an unknown request: {kind!r}")
        except (OSError, Changed, Restless) as fault:
            self.outcome(fault)
        else:
            self.outcome(None)

    def outcome(self, fault: OSError | Changed | Restless | None) -> None:
        """How a change went."""
        if fault is None:
            self.link.send(b"r", DONE)
        elif isinstance(fault, OSError) and fault.errno not in NOT_AS_SEEN:
            self.link.send(b"r", FAILED + words(fault).encode())
        else:
            self.link.send(b"r", CHANGED)

    def scan(self, body: Body) -> None:
        """What has changed since the last time, or everything."""
        anew, entries, size = body.number("B"), body.number("I"), body.number("Q")
        if anew:
            self.told = {}
        link = self.link
        try:
            seen = self.folder.scan(link.beat, entries, size)
        except TooMuch:
            link.send(b"x", b"\1")
            return
        except OSError as fault:
            link.send(b"x", b"\0" + words(fault).encode())
            return
        batch = bytearray()
        for path, entry in seen.entries.items():
            if self.told.get(path) != entry:
                batch += packed(path) + entry
                batch = self.passed_on(batch)
        for path in self.told.keys() - seen.entries.keys():
            batch += packed(path) + NOTHING
            batch = self.passed_on(batch)
        link.send(b"e", bytes(batch))
        for path, why in seen.unseen.items():
            link.send(b"u", packed(path) + packed(why.encode()))
        self.told = seen.entries
        link.send(b"s", struct.pack(">BQ", self.folder.watch.complete, seen.size))

    def passed_on(self, batch: bytearray) -> bytearray:
        """Sends entries once there are enough of them."""
        if len(batch) < BATCH:
            return batch
        self.link.send(b"e", bytes(batch))
        return bytearray()

    def wait(self, body: Body) -> None:
        """Answers when something has changed, the time is over, or the Hub says something else."""
        link, watch = self.link, self.folder.watch
        link.flush()
        files: list[int | socket.socket] = [link.connection]
        if watch.complete:
            files.append(watch.file)
        ready: list[int | socket.socket] = []
        if not link.held:
            ready, _, _ = select.select(files, [], [], body.number("I") / 1000)
        link.send(b"w", b"\1" if watch.file in ready else b"\0")

    def put(self, body: Body) -> None:
        """Writes a file whose content follows."""
        path, executable, changed = body.text(), body.number("B"), body.number("q")
        expected = body.entry()
        fault: OSError | Changed | Restless | None = None
        with contextlib.ExitStack() as stack:
            file, staged, folder, name = -1, b"", -1, b""
            try:
                folder, name = stack.enter_context(self.folder.place(path))
                file, staged = self.folder.stage(folder)
                stack.callback(discard, folder, staged)
                stack.callback(os.close, file)
            except OSError as problem:
                fault = problem
            kind, part = self.link.frame()
            while kind == b"D":
                if fault is None:
                    try:
                        write_all(file, part.rest())
                    except OSError as problem:
                        fault = problem
                kind, part = self.link.frame()
            try:
                if kind != b"E":
                    raise Changed
                if fault is None:
                    os.fchmod(file, 0o755 if executable else 0o644)
                    os.utime(file, ns=(changed, changed))
                    self.folder.put(self.link.beat, folder, staged, name, expected)
                    self.folder.remember(path, folder, name, part.rest())
            except (OSError, Changed, Restless) as problem:
                fault = fault or problem
        self.outcome(fault)

    def get(self, body: Body) -> None:
        """Sends a file, and then whether it was whole."""
        path, expected = body.text(), body.take(32)
        try:
            with self.folder.place(path) as (folder, name):
                file = os.open(name, READ, dir_fd=folder)
            try:
                facts = os.fstat(file)
                if not stat.S_ISREG(facts.st_mode):
                    raise Changed
                executable = bool(facts.st_mode & 0o111)
                self.link.send(b"f", struct.pack(">BqQ", executable, facts.st_mtime_ns, facts.st_size))
                hasher = hashlib.sha256()
                while data := os.read(file, CHUNK):
                    hasher.update(data)
                    self.link.send(b"d", data)
                if hasher.digest() != expected:
                    raise Changed
            finally:
                os.close(file)
        except (OSError, Changed) as fault:
            self.outcome(fault)
        else:
            self.outcome(None)


def write_all(file: int, data: bytes) -> None:
    """Writes all of it."""
    view = memoryview(data)
    while view:
        view = view[os.write(file, view) :]


def discard(folder: int, staged: bytes) -> None:
    """Removes what was staged, unless it has got its name."""
    with contextlib.suppress(FileNotFoundError):
        os.unlink(staged, dir_fd=folder)


class Server:
    """Serves one Hub at a time: one that comes back takes the place of its earlier connection."""

    def __init__(self, folder: Contents, key: bytes) -> None:
        self.folder = folder
        self.key = key
        self.turn = threading.Lock()
        self.door = threading.Lock()
        self.strangers = threading.BoundedSemaphore(STRANGERS)
        self.current: socket.socket | None = None

    def serve(self, connection: socket.socket) -> None:
        """Serves a connection to its end."""
        link = Link(connection)
        try:
            if not self.admits(link):
                return
            with self.door:
                if self.current is not None:
                    with contextlib.suppress(OSError):
                        self.current.shutdown(socket.SHUT_RDWR)
                self.current = connection
            with self.turn:
                link.send(b"h", struct.pack(">B", VERSION) + packed(self.folder.token()))
                Session(self.folder, link).run()
        except (Over, OSError) as end:
            print(f"a connection of the Hub ended: {end}", file=sys.stderr, flush=True)
        finally:
            connection.close()

    def admits(self, link: Link) -> bool:
        """True for whoever shows the key in time."""
        if not self.strangers.acquire(blocking=False):
            return False
        try:
            link.connection.settimeout(LOGIN)
            kind, body = link.frame()
            if kind != b"H" or body.number("B") != VERSION or not hmac.compare_digest(body.text(), self.key):
                return False
            link.connection.settimeout(None)
            return True
        finally:
            self.strangers.release()


def main() -> None:
    """Serves the folder named first at the address and port named next."""
    path, address, port = sys.argv[1:4]
    key = os.environ.pop("HUB_FOLDER_KEY").encode()
    os.umask(0o022)
    server = Server(Contents(path), key)
    listener = socket.create_server((address, int(port)))
    print(f"serving port {listener.getsockname()[1]}", flush=True)
    while True:
        connection, _ = listener.accept()
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
        threading.Thread(target=server.serve, args=(connection,), daemon=True).start()


if __name__ == "__main__":
    main()
