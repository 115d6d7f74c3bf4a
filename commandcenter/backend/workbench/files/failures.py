"""What the operating system complains about, as failures of the API with a code and words."""

from __future__ import annotations

import errno

from workbench.errors import ApiError
from workbench.files.ids import shown

_GONE = {errno.ENOENT, errno.ENOTDIR, errno.ESTALE}
_REFUSED = {errno.EACCES, errno.EPERM}
_FULL = {errno.ENOSPC, errno.EDQUOT, errno.EFBIG}
OUTSIDE = "outside_workspace"
LINK_LOOP = "link_loop"


def gone(path: bytes) -> ApiError:
    """The file does not exist (any more)."""
    return ApiError(404, "file_gone", "This file does not exist any more. Reload the folder.", shown(path))


def outside(path: bytes) -> ApiError:
    """A symbolic link leads out of the folder."""
    words = "A symbolic link leads out of the project's folder; the workbench does not follow it."
    return ApiError(403, OUTSIDE, words, shown(path))


def link_loop(path: bytes) -> ApiError:
    """Symbolic links lead in a circle."""
    return ApiError(422, LINK_LOOP, "The symbolic links here lead to each other without end.", shown(path))


def read_failed(cause: OSError, path: bytes) -> ApiError:
    """Reading failed."""
    if cause.errno in _GONE:
        return gone(path)
    if cause.errno in _REFUSED:
        words = "The workbench's account may not read this. Change its permissions to see it."
        return ApiError(403, "file_unreadable", words, cause.strerror)
    return _other(cause, path)


def write_failed(cause: OSError, path: bytes) -> ApiError:
    """Writing failed; the original is as it was."""
    if cause.errno in _GONE:
        return gone(path)
    if cause.errno in _REFUSED or cause.errno == errno.EROFS:
        words = "This cannot be written: the folder is read-only for the workbench. Nothing was changed."
        return ApiError(403, "read_only", words, cause.strerror)
    if cause.errno in _FULL:
        words = "There is no room left for this file. Nothing was changed; free some space and save again."
        return ApiError(507, "disk_full", words, cause.strerror)
    return _other(cause, path)


def _other(cause: OSError, path: bytes) -> ApiError:
    if cause.errno == errno.ELOOP:
        return link_loop(path)
    if cause.errno in (errno.ENAMETOOLONG, errno.EINVAL, errno.EILSEQ):
        words = "The file system does not take this name. Choose another."
        return ApiError(422, "path_invalid", words, cause.strerror)
    words = "The file system refused. The cause is given; nothing was changed."
    return ApiError(500, "file_failed", words, cause.strerror)
