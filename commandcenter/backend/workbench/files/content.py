"""Reads one file for the page: its kind, its text where it has one, whether it can be saved. Blocking: for use in a
thread."""

from __future__ import annotations

import hashlib
import os
import stat
from dataclasses import dataclass

from workbench.errors import ApiError
from workbench.files import failures
from workbench.files.confine import Confinement, IrregularFile, Place
from workbench.files.encoding import Decoded, decode
from workbench.files.ids import file_id, shown
from workbench.files.listing import language, when
from workbench.files.models import TEXT_MAX, File

IMAGES = {
    b"png": "image/png",
    b"jpg": "image/jpeg",
    b"jpeg": "image/jpeg",
    b"gif": "image/gif",
    b"webp": "image/webp",
    b"avif": "image/avif",
    b"svg": "image/svg+xml",
}
"""Endings of the images that a page may show, and their types."""


@dataclass(frozen=True, slots=True)
class Content:
    """What was read of a file at one moment."""

    status: os.stat_result
    whole: bytes | None
    """None when it is larger than `TEXT_MAX`."""

    @property
    def version(self) -> str:
        """Tells this content from every other; of a large file, its time and size do."""
        status = self.status
        seen = repr((status.st_ino, status.st_mtime_ns, status.st_size)).encode() if self.whole is None else self.whole
        return hashlib.sha256(seen).hexdigest()[:32]


def read_content(place: Place) -> Content:
    """Read what is at `place`, bounded. Raises `ApiError`."""
    try:
        handle = place.open_file()
        try:
            status = os.fstat(handle)
            whole = None if status.st_size > TEXT_MAX else read_bounded(handle, TEXT_MAX)
        finally:
            os.close(handle)
    except IrregularFile as cause:
        raise not_a_file(place.path) from cause
    except OSError as cause:
        raise failures.read_failed(cause, place.path) from cause
    return Content(status, whole)


def read_file(confinement: Confinement, path: bytes, read_only: bool) -> File:
    """The file that `path` leads to. Raises `ApiError`."""
    with confinement.at(path) as place:
        return describe(place, path, read_content(place), read_only)


def describe(place: Place, path: bytes, content: Content, read_only: bool) -> File:
    """A file as the page sees it."""
    image = image_type(path) is not None
    decoded = None if content.whole is None else decode(content.whole)
    if image and not path.lower().endswith(b".svg"):
        decoded = None
    obstacle = _obstacle(place, content.status, decoded, read_only)
    return present(path, content.version, content.status.st_size, decoded, content.whole is None, image).model_copy(
        update={"modified": when(content.status), "writable": obstacle is None, "read_only_reason": obstacle}
    )


def present(path: bytes, version: str, size: int, decoded: Decoded | None, too_large: bool, image: bool) -> File:
    """A file or one of its revisions, not to be saved."""
    kind = "image" if image else "text" if decoded is not None else "too_large" if too_large else "binary"
    return File(
        path=shown(path),
        id=file_id(path),
        name=shown(path.rpartition(b"/")[2]),
        size=size,
        modified=None,
        version=version,
        language=language(path),
        kind=kind,
        encoding=None if decoded is None else decoded.encoding,
        encoding_guessed=decoded is not None and decoded.guessed,
        newline=None if decoded is None else decoded.newline,
        text=None if decoded is None else decoded.text,
        lines=None if decoded is None else decoded.lines,
        writable=False,
        read_only_reason=None,
    )


def image_type(path: bytes) -> str | None:
    """The media type of an image that a page may show, told by its ending."""
    return IMAGES.get(path.lower().rpartition(b"/")[2].rpartition(b".")[2])


def in_git(path: bytes) -> bool:
    """Whether a path lies in git's own folder."""
    return b".git" in path.lower().split(b"/")


def not_a_file(path: bytes) -> ApiError:
    """A folder, a pipe, a socket or a device: never opened."""
    words = "This is no regular file: a folder, or a pipe, socket or device, which the workbench does not open."
    return ApiError(422, "not_a_file", words, shown(path))


def read_bounded(handle: int, limit: int) -> bytes | None:
    """Everything from `handle`, or None when there is more than `limit`."""
    content = bytearray()
    while piece := os.read(handle, limit + 1 - len(content)):
        content += piece
        if len(content) > limit:
            return None
    return bytes(content)


def _obstacle(place: Place, status: os.stat_result, decoded: Decoded | None, read_only: bool) -> str | None:
    """Why the file cannot be saved, or None."""
    if read_only:
        return "The project is read-only."
    if decoded is None:
        return "Only text is edited here, up to 2 MiB and in an encoding that keeps every byte."
    if in_git(place.path):
        return "Files of git itself are not edited here."
    if stat.S_IMODE(status.st_mode) & 0o222 == 0:
        return "The file is write-protected."
    folder: bytes = b"." if place.folder is not None else os.path.dirname(place.name)
    if not os.access(folder, os.W_OK, dir_fd=place.folder):
        return "The workbench's account may not write into this folder."
    return None
