"""How the API names a file: by an id made of the raw bytes of its path, since a name need not be text.

The id of the folder itself is empty. An id can only name something at or below the folder: `..`, absolute paths and NUL
are refused here, before any file is touched; what symbolic links do is the business of `confine`.
"""

from __future__ import annotations

import base64
import binascii
import os

from workbench.errors import ApiError

PATH_MAX = 4096
"""Bytes of a path; more than any file system here takes."""
ID_MAX = PATH_MAX * 4 // 3 + 4


def file_id(path: bytes) -> str:
    """The id of a path relative to the folder."""
    return base64.urlsafe_b64encode(path).rstrip(b"=").decode("ascii")


def path_of(given: str) -> bytes:
    """The path that an id names. Raises `ApiError` 422 `file_id_invalid`."""
    try:
        path = base64.b64decode(given + "=" * (-len(given) % 4), altchars=b"-_", validate=True)
    except (binascii.Error, ValueError) as cause:
        raise _invalid(given, "it is not base64url") from cause
    if file_id(path) != given:
        raise _invalid(given, "it is not written as the API writes it")
    wrong = wrong_with(path)
    if wrong is not None:
        raise _invalid(given, wrong)
    return path


def typed_path(text: str) -> bytes:
    """The path that a user typed. Raises `ApiError` 422 `path_invalid`."""
    path = text.encode("utf-8")
    wrong = wrong_with(path) or (None if path else "it is empty")
    if wrong is not None:
        raise ApiError(422, "path_invalid", f"This path cannot be used: {wrong}.", text)
    return path


def shown(path: bytes) -> str:
    """A path as text that can be shown and sent; what is not UTF-8 becomes U+FFFD."""
    return path.decode("utf-8", "replace")


def wrong_with(path: bytes) -> str | None:
    """Why a relative path cannot name something below the folder; None when it can."""
    if len(path) > PATH_MAX:
        return "it is too long"
    if b"\0" in path:
        return "it contains NUL"
    if path == b"":
        return None
    if os.name == "nt" and (b"\\" in path or b":" in path):
        return "it contains a character that separates folders or drives"
    parts = path.split(b"/")
    if b"" in parts:
        return "it starts or ends with a slash, or has two in a row"
    if b"." in parts or b".." in parts:
        return "it contains `.` or `..`"
    return None


def _invalid(given: str, why: str) -> ApiError:
    return ApiError(422, "file_id_invalid", f"This is not the id of a file: {why}. Open the file from the list.", given)
