"""Keeps every access inside the project's folder.

A path is walked part by part from an opened handle of the folder, each part opened relative to the one before and never
through a symbolic link: links are read and their targets walked the same way, so a link that leads out is refused even
when somebody swaps a folder for a link meanwhile. What is finally opened is named by a handle of its folder and a last
part that is itself no link.

Windows has no such handles: there the resolved path is compared with the folder's, which a program that swaps folders
at the right moment could evade.
"""

from __future__ import annotations

import errno
import os
import stat
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from workbench.files import failures

LINKS_MAX = 40
"""Links on one path; as many as Linux follows."""
NOFOLLOW = getattr(os, "O_NOFOLLOW", 0)
_CLOEXEC = getattr(os, "O_CLOEXEC", 0)
_FOLDER = getattr(os, "O_DIRECTORY", 0) | _CLOEXEC
_WALK = getattr(os, "O_PATH", os.O_RDONLY) | _FOLDER
_READ = os.O_RDONLY | NOFOLLOW | _CLOEXEC | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_NOCTTY", 0)
BY_HANDLE = os.open in os.supports_dir_fd


@dataclass(frozen=True, slots=True)
class Place:
    """Where something is or would be: a name inside an opened folder. The name is no symbolic link."""

    folder: int | None
    """Handle of the folder, for `dir_fd`; None where the platform has none, then `name` is a whole path."""
    name: bytes
    path: bytes
    """Relative to the project's folder, with all links resolved."""

    def status(self) -> os.stat_result:
        """What is there. Raises `OSError`."""
        return os.stat(self.name, dir_fd=self.folder, follow_symlinks=False)

    def open_file(self) -> int:
        """A handle for reading a regular file. Pipes, sockets and devices are never opened. Raises `OSError`."""
        if not stat.S_ISREG(self.status().st_mode):
            raise IrregularFile
        handle = os.open(self.name, _READ, dir_fd=self.folder)
        if not stat.S_ISREG(os.fstat(handle).st_mode):
            os.close(handle)
            raise IrregularFile
        return handle

    def open_folder(self) -> int:
        """A handle for listing a folder. Raises `OSError`."""
        return os.open(self.name, os.O_RDONLY | NOFOLLOW | _FOLDER, dir_fd=self.folder)


class IrregularFile(Exception):
    """There is no regular file at this place: a folder, a pipe, a socket, a device."""


class Confinement:
    """The project's folder, as the only thing that can be reached."""

    def __init__(self, folder: str) -> None:
        self.root = os.fsencode(folder)

    @contextmanager
    def at(self, path: bytes, *, make_folders: bool = False) -> Iterator[Place]:
        """The place that a checked relative path (see `ids`) leads to, links followed.

        Its last part need not exist. Raises `ApiError`: `file_gone`, `file_unreadable`, `outside_workspace`,
        `link_loop`.
        """
        if not BY_HANDLE:
            yield self._by_path(path, make_folders)
            return
        walk = _Walk(self.root, path, make_folders)
        try:
            place = walk.to_end()
        except OSError as cause:
            walk.close()
            raise failures.read_failed(cause, path) from cause
        except BaseException:
            walk.close()
            raise
        try:
            yield place
        finally:
            walk.close()

    def _by_path(self, path: bytes, make_folders: bool) -> Place:
        root = os.path.realpath(self.root)
        try:
            real = os.path.realpath(os.path.join(root, *path.split(b"/")), strict=False)
            if os.path.commonpath([root, real]) != root:
                raise failures.outside(path)
            if make_folders:
                os.makedirs(os.path.dirname(real), exist_ok=True)
        except ValueError as cause:  # another drive
            raise failures.outside(path) from cause
        except OSError as cause:
            raise failures.read_failed(cause, path) from cause
        return Place(None, real, os.path.relpath(real, root).replace(b"\\", b"/"))


class _Walk:
    """One walk, and the handles it holds."""

    def __init__(self, root: bytes, path: bytes, make_folders: bool) -> None:
        self._root = root
        self._path = path
        self._make = make_folders
        self._names: list[bytes] = []
        self._handles: list[int] = []
        self._pending = deque(_parts(path))
        self._links = 0

    def to_end(self) -> Place:
        """Walk until one part is left."""
        self._handles.append(os.open(self._root, _WALK))
        while self._pending:
            part = self._pending.popleft()
            if part == b"..":
                self._up()
                continue
            target = self._link(part)
            if target is not None:
                self._follow(target)
            elif self._pending:
                self._enter(part)
            else:
                return Place(self._handles[-1], part, b"/".join([*self._names, part]))
        return Place(self._handles[-1], b".", b"/".join(self._names))

    def close(self) -> None:
        """Let go of all handles."""
        while self._handles:
            os.close(self._handles.pop())

    def _link(self, part: bytes) -> bytes | None:
        try:
            return os.readlink(part, dir_fd=self._handles[-1])
        except OSError as cause:
            if cause.errno == errno.EINVAL or (cause.errno == errno.ENOENT and (self._make or not self._pending)):
                return None
            raise

    def _follow(self, target: bytes) -> None:
        self._links += 1
        if self._links > LINKS_MAX:
            raise failures.link_loop(self._path)
        if target.startswith(b"/"):
            target = self._inside(target)
            while self._names:
                self._up()
        self._pending.extendleft(reversed(_parts(target)))

    def _inside(self, target: bytes) -> bytes:
        for root in (self._root, os.path.realpath(self._root)):
            if target == root or target.startswith(root.rstrip(b"/") + b"/"):
                return target[len(root) :]
        raise failures.outside(self._path)

    def _up(self) -> None:
        if not self._names:
            raise failures.outside(self._path)
        self._names.pop()
        os.close(self._handles.pop())

    def _enter(self, part: bytes) -> None:
        if self._make:
            try:
                os.mkdir(part, dir_fd=self._handles[-1])
            except FileExistsError:
                pass
            except OSError as cause:
                raise failures.write_failed(cause, self._path) from cause
        self._handles.append(os.open(part, _WALK | NOFOLLOW, dir_fd=self._handles[-1]))
        self._names.append(part)


def _parts(path: bytes) -> list[bytes]:
    return [part for part in path.split(b"/") if part not in (b"", b".")]
