"""Saves text into a file so that at every moment the whole old or the whole new content is there: written beside it,
made durable, then renamed over it. A failure leaves the original as it was and nothing beside it. Where the file system
has files without a name, what is written has none until it is whole, so that a kill leaves nothing half written; only
between that and the rename it may leave the whole new text beside the original.

A file that changed since it was read is not overwritten. Another program that writes in the instant between the last
look and the rename is not seen; no file system offers better. Blocking: for use in a thread.
"""

from __future__ import annotations

import contextlib
import errno
import os
import re
import secrets
import stat
import threading
from collections.abc import Callable
from dataclasses import dataclass

from workbench.errors import ApiError
from workbench.files import failures
from workbench.files.confine import BY_HANDLE, NOFOLLOW, Confinement, Place
from workbench.files.content import Content, describe, in_git, read_content
from workbench.files.encoding import decode, encode
from workbench.files.ids import shown
from workbench.files.models import TEXT_MAX, File, FileEdit

_saving = threading.Lock()
"""One save at a time: of two made from the same version, the second sees what the first wrote."""
NEW_MODE = 0o666
_CREATE = os.O_WRONLY | os.O_CREAT | os.O_EXCL | NOFOLLOW | getattr(os, "O_CLOEXEC", 0) | getattr(os, "O_BINARY", 0)
_BESIDE = re.compile(rb"\..+\.[0-9a-f]{12}\.saving", re.DOTALL)
_UNNAMED = getattr(os, "O_TMPFILE", None)
_NO_UNNAMED = frozenset(
    {errno.EOPNOTSUPP, errno.EISDIR, errno.EINVAL, errno.ENOENT, errno.EXDEV, errno.EPERM, errno.EACCES, errno.ENOSYS}
)
"""Where the file system has no files without a name, or they cannot be given one: no `/proc`, a mount of its own."""


def save_file(confinement: Confinement, path: bytes, edit: FileEdit, read_only: bool) -> File:
    """Replace a file's content. Raises `ApiError`: `read_only`, `file_changed`, `not_text`, `disk_full` and others."""
    with confinement.at(path) as place, _saving:
        _check_allowed(place, read_only)
        before = read_content(place)
        _check_version(before, edit.version)
        decoded = None if before.whole is None else decode(before.whole)
        if decoded is None:
            raise ApiError(422, "not_text", "Only text of up to 2 MiB is edited here.", shown(path))
        if stat.S_IMODE(before.status.st_mode) & 0o222 == 0:
            raise ApiError(403, "read_only", "The file is write-protected. Nothing was changed.", shown(path))
        content = encode(edit.text, decoded.encoding, edit.newline or decoded.newline)
        _check_size(content)
        # Answered is what was saved, not what is there by now: that may be another program's already.
        saved = before if content == before.whole else Content(_replace(place, content, before), content)
        return describe(place, path, saved, read_only)


def create_file(confinement: Confinement, path: bytes, text: str, read_only: bool) -> File:
    """Make a new file, and the folders on the way to it. Raises `ApiError`: `exists`, `read_only` and others."""
    if read_only:
        raise _read_only()
    if in_git(path):
        raise _of_git()
    content = text.encode("utf-8")
    _check_size(content)
    with confinement.at(path, make_folders=True) as place, _saving:
        _check_allowed(place, read_only)
        try:
            made = Content(_place_new(place, content), content)
        except FileExistsError as cause:
            raise ApiError(409, "exists", "There already is something of this name. Open it.", shown(path)) from cause
        except OSError as cause:
            raise failures.write_failed(cause, path) from cause
        return describe(place, path, made, read_only)


def _check_allowed(place: Place, read_only: bool) -> None:
    if read_only:
        raise _read_only()
    if in_git(place.path):
        raise _of_git()


def _check_version(before: Content, version: str) -> None:
    if before.version != version:
        decoded = None if before.whole is None else decode(before.whole)
        detail = {"version": before.version, "text": None if decoded is None else decoded.text}
        words = "The file was changed meanwhile by another program. Compare with what it is now, then save again."
        raise ApiError(409, "file_changed", words, detail)


def _check_size(content: bytes) -> None:
    if len(content) > TEXT_MAX:
        raise ApiError(413, "too_large", "Only text of up to 2 MiB is saved here.", {"bytes": len(content)})


def _replace(place: Place, content: bytes, before: Content) -> os.stat_result:
    """The status of what is there then."""
    beside = _beside(place)
    try:
        status = _make(
            _New(
                beside,
                place.folder,
                0o600,
                content,
                like=before.status,
                check=lambda: _check_version(read_content(place), before.version),
            )
        )
        try:
            os.replace(beside, place.name, src_dir_fd=place.folder, dst_dir_fd=place.folder)
        except BaseException:
            _discard(beside, place.folder)
            raise
        _make_durable(place)
    except OSError as cause:
        raise failures.write_failed(cause, place.path) from cause
    return status


def _place_new(place: Place, content: bytes) -> os.stat_result:
    """Make and fill a file, unless something has its name; its status."""
    status = _make(_New(place.name, place.folder, NEW_MODE, content))
    _make_durable(place)
    return status


@dataclass(frozen=True, slots=True)
class _New:
    """A file that is to be made."""

    name: bytes
    folder: int | None
    mode: int
    content: bytes
    like: os.stat_result | None = None
    """The file whose owner and mode it gets."""
    check: Callable[[], None] = lambda: None
    """Called when all is written; when it raises, there will be no file."""


def _make(new: _New) -> os.stat_result:
    """The status of what was made. Raises `FileExistsError`, and what writing and `check` raise."""
    made = None if new.folder is None else _make_unnamed(new, new.folder)
    if made is not None:
        return made
    handle = os.open(new.name, _CREATE, new.mode, dir_fd=new.folder)
    try:
        try:
            status = _write(handle, new.content, new.like)
        finally:
            os.close(handle)
        new.check()
    except BaseException:
        _discard(new.name, new.folder)
        raise
    return status


def _make_unnamed(new: _New, folder: int) -> os.stat_result | None:
    """The same, with the name given at the end. None where that cannot be had."""
    if _UNNAMED is None:
        return None
    try:
        handle = os.open(b".", os.O_WRONLY | os.O_CLOEXEC | _UNNAMED, new.mode, dir_fd=folder)
    except OSError as cause:
        if cause.errno in _NO_UNNAMED:
            return None
        raise
    try:
        status = _write(handle, new.content, new.like)
        new.check()
        os.link(f"/proc/self/fd/{handle}", new.name, dst_dir_fd=folder, follow_symlinks=True)
    except OSError as cause:
        if cause.errno in _NO_UNNAMED:
            return None
        raise
    finally:
        os.close(handle)
    return status


def _write(handle: int, content: bytes, like: os.stat_result | None) -> os.stat_result:
    """Write and make durable, as the file `like` is in owner and mode; the status it then has."""
    rest = memoryview(content)
    while rest:
        rest = rest[os.write(handle, rest) :]
    if like is not None and hasattr(os, "fchown"):
        own = os.fstat(handle)
        if (own.st_uid, own.st_gid) != (like.st_uid, like.st_gid):
            # Only root may give a file away; others keep what they may.
            with contextlib.suppress(PermissionError):
                os.fchown(handle, like.st_uid, like.st_gid)
        os.fchmod(handle, stat.S_IMODE(like.st_mode))
    os.fsync(handle)
    return os.fstat(handle)


def _make_durable(place: Place) -> None:
    """Make the new name durable. The content is there by now: a file system that cannot is no failure of the save."""
    if not BY_HANDLE or place.folder is None:
        return
    with contextlib.suppress(OSError):
        handle = os.open(b".", os.O_RDONLY, dir_fd=place.folder)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)


def _beside(place: Place) -> bytes:
    folder, _, name = place.name.rpartition(b"/")
    beside = b"." + name[:180] + b"." + secrets.token_hex(6).encode() + b".saving"
    return folder + b"/" + beside if folder else beside


def is_of_a_save(path: bytes) -> bool:
    """Whether a file of this name holds a new content until it takes the old one's place."""
    return _BESIDE.fullmatch(path.rpartition(b"/")[2]) is not None


def _discard(name: bytes, folder: int | None) -> None:
    with contextlib.suppress(FileNotFoundError):
        os.unlink(name, dir_fd=folder)


def _read_only() -> ApiError:
    return ApiError(403, "read_only", "The project is read-only. Change that in the Hub to save here.")


def _of_git() -> ApiError:
    return ApiError(403, "read_only", "Files of git itself are not edited here. Use git.")
