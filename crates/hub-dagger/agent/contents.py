"""The folder as it lies in the session: what is in it, and changes that take place only where things are as expected.

No symbolic link is ever followed. Limits: Linux; a name that begins like those of files being written is no part of the
folder.
"""

from __future__ import annotations

import contextlib
import ctypes
import errno
import hashlib
import os
import stat
import time
from collections.abc import Callable, Iterator
from typing import NamedTuple

from wire import CHUNK, FILE, FOLDER, LINK, NOTHING, Over, packed

# Names of files that are being written.
STAGED = b".cchub-sync-"
# Where the Hub's word on what this folder holds is kept: on the folder itself, so that it goes with it.
MARK = "user.cchub.folder"
# Clocks of file systems are coarse: a file changed that shortly before it was read may have changed once more.
COARSE_NS = 50_000_000
# A file that changes while it is read is read again so many times.
READS = 3
# It is not what was seen there, or not where it was.
NOT_AS_SEEN = {errno.ENOENT, errno.EEXIST, errno.ENOTDIR, errno.ELOOP, errno.EISDIR, errno.ENOTEMPTY}

PASS = os.O_PATH | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC
LIST = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC
READ = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_NOCTTY | os.O_CLOEXEC
MAKE = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC

# As `renameat2` has them.
NO_REPLACE, EXCHANGE = 1, 2

Signature = tuple[int, int, int, int]
# Called now and then while something takes long.
Beat = Callable[[], None]
libc = ctypes.CDLL(None, use_errno=True)


class Changed(Exception):
    """Something is not what was seen."""


class Restless(Exception):
    """A file is being written all the time."""


class TooMuch(Exception):
    """The folder holds more than is allowed."""


class Known(NamedTuple):
    """What was in a file, and how to tell that it still is."""

    signature: Signature
    settled: bool
    digest: bytes


class Scan(NamedTuple):
    """What lies in the folder, and what of it could not be seen."""

    entries: dict[bytes, bytes]
    unseen: dict[bytes, str]
    size: int


def words(fault: OSError) -> str:
    """What the system says."""
    return fault.strerror or str(fault)


def signature(facts: os.stat_result) -> Signature:
    """Differs when a file was changed."""
    return facts.st_size, facts.st_mtime_ns, facts.st_ino, facts.st_ctime_ns


def file_entry(facts: os.stat_result, digest: bytes) -> bytes:
    """A file as it goes over the wire."""
    return FILE + (b"\1" if facts.st_mode & 0o111 else b"\0") + digest


def renamed(source: int, name: bytes, target: int, new: bytes, flag: int) -> bool:
    """Renames in one step: to a name that nothing has, or in exchange. False where this system cannot."""
    rename = getattr(libc, "renameat2", None)
    if rename is None:
        return False
    if rename(source, ctypes.c_char_p(name), target, ctypes.c_char_p(new), flag) == 0:
        return True
    code = ctypes.get_errno()
    if code in (errno.EINVAL, errno.ENOSYS, errno.EOPNOTSUPP):
        return False
    raise OSError(code, os.strerror(code))


def exchange(folder: int, one: bytes, other: bytes) -> bool:
    """Lets two names change places. False where this system cannot."""
    return renamed(folder, one, folder, other, EXCHANGE)


def rename_to_new(source: int, name: bytes, target: int, new: bytes) -> None:
    """Renames to a name that nothing has."""
    if not renamed(source, name, target, new, NO_REPLACE):
        os.link(name, new, src_dir_fd=source, dst_dir_fd=target, follow_symlinks=False)
        os.unlink(name, dir_fd=source)


class Watch:
    """Tells that something in the folder has changed, where the system lets it."""

    # Modified, attributes, closed after writing, moved from and to, created, deleted; folders only, no links.
    MASK = 0x2 | 0x4 | 0x8 | 0x40 | 0x80 | 0x100 | 0x200 | 0x01000000 | 0x02000000

    def __init__(self) -> None:
        self.file: int = libc.inotify_init1(os.O_NONBLOCK | os.O_CLOEXEC)
        self.complete = self.file >= 0

    def add(self, folder: int) -> None:
        """Watches an open folder too."""
        if self.file < 0:
            return
        # The way over /proc leads to exactly this folder; it is a link to the system's own, so it must be followed.
        mask = self.MASK & ~0x02000000
        if libc.inotify_add_watch(self.file, b"/proc/self/fd/%d" % folder, mask) < 0:
            self.complete = False

    def drain(self) -> None:
        """Forgets what was told so far."""
        if self.file < 0:
            return
        with contextlib.suppress(BlockingIOError):
            while os.read(self.file, 1 << 16):
                pass


class Contents:
    """The folder, by its open handle."""

    def __init__(self, path: str) -> None:
        self.root = os.open(path, LIST)
        self.known: dict[bytes, Known] = {}
        self.watch = Watch()
        self.staged = 0

    @contextlib.contextmanager
    def place(self, path: bytes) -> Iterator[tuple[int, bytes]]:
        """The open folder something lies in, and its name there."""
        names = path.split(b"/")
        if any(name in (b"", b".", b"..") or b"\0" in name for name in names):
            raise Over(f"an impossible path: {path!r}")
        folder = os.dup(self.root)
        try:
            for name in names[:-1]:
                below = os.open(name, PASS, dir_fd=folder)
                os.close(folder)
                folder = below
            yield folder, names[-1]
        finally:
            os.close(folder)

    def token(self) -> bytes:
        """What the Hub wrote onto the folder; it goes with it."""
        try:
            return os.getxattr(self.root, MARK)
        except OSError:
            return b""

    def set_token(self, token: bytes) -> None:
        """Writes it."""
        os.setxattr(self.root, MARK, token)

    def scan(self, beat: Beat, most_entries: int, most_bytes: int) -> Scan:
        """Looks at everything."""
        self.watch.drain()
        self.watch.complete = self.watch.file >= 0
        seen = Scan({}, {}, 0)
        size = 0
        before, self.known = self.known, {}
        ahead: list[bytes] = [b""]
        while ahead:
            path = ahead.pop()
            try:
                folder = self.open_folder(path)
            except OSError as fault:
                if path == b"":
                    raise
                if fault.errno not in NOT_AS_SEEN:
                    seen.unseen[path] = words(fault)
                continue
            try:
                self.watch.add(folder)
                size += self.look(beat, folder, path, before, seen, ahead)
            finally:
                os.close(folder)
            if len(seen.entries) > most_entries or size > most_bytes:
                raise TooMuch
            beat()
        return seen._replace(size=size)

    def open_folder(self, path: bytes) -> int:
        """Opens it for listing."""
        if path == b"":
            return os.open(".", LIST, dir_fd=self.root)
        with self.place(path) as (folder, name):
            return os.open(name, LIST, dir_fd=folder)

    def look(
        self, beat: Beat, folder: int, path: bytes, before: dict[bytes, Known], seen: Scan, ahead: list[bytes]
    ) -> int:
        """Looks at one folder's entries; the bytes of its files."""
        size = 0
        with os.scandir(folder) as listing:
            for item in listing:
                name = os.fsencode(item.name)
                if name.startswith(STAGED):
                    # Left by a write that was cut off.
                    with contextlib.suppress(OSError):
                        os.unlink(name, dir_fd=folder)
                    continue
                place = path + b"/" + name if path else name
                try:
                    facts = item.stat(follow_symlinks=False)
                    if stat.S_ISDIR(facts.st_mode):
                        seen.entries[place] = FOLDER
                        ahead.append(place)
                    elif stat.S_ISLNK(facts.st_mode):
                        seen.entries[place] = LINK + packed(os.readlink(name, dir_fd=folder))
                    elif stat.S_ISREG(facts.st_mode):
                        facts, digest = self.digest(beat, folder, name, facts, before.get(place))
                        self.known[place] = digest
                        seen.entries[place] = file_entry(facts, digest.digest)
                        size += facts.st_size
                except FileNotFoundError:
                    continue
                except Restless:
                    seen.unseen[place] = "keeps changing"
                except OSError as fault:
                    seen.unseen[place] = words(fault)
        return size

    def digest(
        self, beat: Beat, folder: int, name: bytes, facts: os.stat_result, known: Known | None
    ) -> tuple[os.stat_result, Known]:
        """What is in a file. It is read only if it may have changed."""
        if known is not None and known.settled and known.signature == signature(facts):
            return facts, known
        for _ in range(READS):
            now = time.time_ns()
            file = os.open(name, READ, dir_fd=folder)
            try:
                facts = os.fstat(file)
                if not stat.S_ISREG(facts.st_mode):
                    raise FileNotFoundError(errno.ENOENT, "is no file any more")
                hasher = hashlib.sha256()
                while data := os.read(file, CHUNK):
                    hasher.update(data)
                    beat()
                if signature(os.fstat(file)) == signature(facts):
                    settled = now - facts.st_mtime_ns > COARSE_NS
                    return facts, Known(signature(facts), settled, hasher.digest())
            finally:
                os.close(file)
        raise Restless

    def verify(self, beat: Beat, folder: int, name: bytes, expected: bytes) -> os.stat_result | None:
        """What lies there, if it is what is expected; nothing where nothing is."""
        try:
            facts = os.stat(name, dir_fd=folder, follow_symlinks=False)
        except FileNotFoundError:
            if expected != NOTHING:
                raise Changed from None
            return None
        found = b""
        if stat.S_ISDIR(facts.st_mode):
            found = FOLDER
        elif stat.S_ISLNK(facts.st_mode):
            found = LINK + packed(os.readlink(name, dir_fd=folder))
        elif stat.S_ISREG(facts.st_mode) and expected[:1] == FILE:
            facts, known = self.digest(beat, folder, name, facts, None)
            found = file_entry(facts, known.digest)
        if found != expected:
            raise Changed
        return facts

    def stage(self, folder: int) -> tuple[int, bytes]:
        """A new file under a name that is no part of the folder."""
        self.staged += 1
        name = STAGED + b"%d-%d" % (os.getpid(), self.staged)
        return os.open(name, MAKE, 0o600, dir_fd=folder), name

    def put(self, beat: Beat, folder: int, staged: bytes, name: bytes, expected: bytes) -> None:
        """Gives what was staged its name, in the place of what is expected there."""
        before = self.verify(beat, folder, name, expected)
        if before is None:
            rename_to_new(folder, staged, folder, name)
            return
        if exchange(folder, staged, name):
            after = os.stat(staged, dir_fd=folder, follow_symlinks=False)
            if signature(after)[:3] != signature(before)[:3]:
                self.put_back(folder, staged, name)
                raise Changed
            os.unlink(staged, dir_fd=folder)
            return
        after = os.stat(name, dir_fd=folder, follow_symlinks=False)
        if signature(after) != signature(before):
            raise Changed
        os.replace(staged, name, src_dir_fd=folder, dst_dir_fd=folder)

    def put_back(self, folder: int, staged: bytes, name: bytes) -> None:
        """What was replaced is not what was expected: it gets its place again, or at least a name that is seen."""
        try:
            exchange(folder, staged, name)
        except OSError:
            os.rename(staged, name + b".kept", src_dir_fd=folder, dst_dir_fd=folder)

    def remember(self, path: bytes, folder: int, name: bytes, digest: bytes) -> None:
        """Saves reading what was just written."""
        with contextlib.suppress(OSError):
            facts = os.stat(name, dir_fd=folder, follow_symlinks=False)
            settled = time.time_ns() - facts.st_mtime_ns > COARSE_NS
            self.known[path] = Known(signature(facts), settled, digest)

    def make_link(self, beat: Beat, path: bytes, target: bytes, expected: bytes) -> None:
        """A symbolic link, in the place of what is expected there."""
        with self.place(path) as (folder, name):
            if expected == NOTHING:
                os.symlink(target, name, dir_fd=folder)
                return
            self.staged += 1
            staged = STAGED + b"%d-%d" % (os.getpid(), self.staged)
            os.symlink(target, staged, dir_fd=folder)
            try:
                self.put(beat, folder, staged, name, expected)
            finally:
                with contextlib.suppress(FileNotFoundError):
                    os.unlink(staged, dir_fd=folder)

    def remove(self, beat: Beat, path: bytes, expected: bytes) -> None:
        """Removes what is expected there; a folder only if it is empty."""
        with self.place(path) as (folder, name):
            if expected == FOLDER:
                os.rmdir(name, dir_fd=folder)
                return
            before = self.verify(beat, folder, name, expected)
            after = os.stat(name, dir_fd=folder, follow_symlinks=False)
            if before is None or signature(before) != signature(after):
                raise Changed
            os.unlink(name, dir_fd=folder)

    def move(self, beat: Beat, path: bytes, to: bytes, expected: bytes) -> None:
        """Gives what is expected there another name that nothing has."""
        with self.place(path) as (source, name), self.place(to) as (target, new):
            self.verify(beat, source, name, expected)
            rename_to_new(source, name, target, new)
