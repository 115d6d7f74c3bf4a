"""Bytes of a file for the page. Images are marked as such, everything else is something to keep: nothing that is sent
here may run as a page of ours."""

from __future__ import annotations

import os
import threading
from collections.abc import AsyncIterator
from urllib.parse import quote

from fastapi.responses import StreamingResponse
from starlette.types import Receive, Scope, Send

from workbench.errors import ApiError
from workbench.files import failures
from workbench.files.access import FileAccess
from workbench.files.confine import Confinement, IrregularFile
from workbench.files.content import image_type, not_a_file
from workbench.files.ids import shown
from workbench.overview.thread import in_thread

RAW_MAX = 64 * 1024 * 1024
CHUNK = 256 * 1024


class OpenFile:
    """An opened file that one thread reads while another may let go of it."""

    def __init__(self, handle: int) -> None:
        self._handle = handle
        self._lock = threading.Lock()
        self._closed = False

    def read(self) -> bytes:
        """The next piece; nothing at the end."""
        with self._lock:
            return b"" if self._closed else os.read(self._handle, CHUNK)

    def close(self) -> None:
        """Wait for a running read, then close."""
        with self._lock:
            if not self._closed:
                self._closed = True
                os.close(self._handle)


class RawFile(StreamingResponse):
    """Streams an opened file and closes it, also when the page goes away."""

    media_type = "application/octet-stream"

    def __init__(self, file: OpenFile, path: bytes, access: FileAccess) -> None:
        image = image_type(path)
        name = quote(shown(path.rpartition(b"/")[2]), safe="")
        headers = {
            "Cache-Control": "no-store",
            "X-Content-Type-Options": "nosniff",
            "Content-Security-Policy": "sandbox; default-src 'none'; style-src 'unsafe-inline'",
            "Cross-Origin-Resource-Policy": "same-site",
            "Content-Disposition": f"{'inline' if image else 'attachment'}; filename*=UTF-8''{name}",
        }
        self._file = file
        super().__init__(self._pieces(access), media_type=image or self.media_type, headers=headers)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Send everything."""
        try:
            await super().__call__(scope, receive, send)
        finally:
            in_thread(self._file.close, "close-file")

    async def _pieces(self, access: FileAccess) -> AsyncIterator[bytes]:
        left = RAW_MAX
        while left > 0 and (piece := await access.run(self._file.read)):
            left -= len(piece)
            yield piece


def open_raw(confinement: Confinement, path: bytes) -> OpenFile:
    """The opened file. Raises `ApiError`."""
    with confinement.at(path) as place:
        try:
            handle = place.open_file()
        except IrregularFile as cause:
            raise not_a_file(path) from cause
        except OSError as cause:
            raise failures.read_failed(cause, path) from cause
    if os.fstat(handle).st_size > RAW_MAX:
        os.close(handle)
        raise ApiError(413, "too_large", "Files of more than 64 MiB are not sent. Open it in the folder.", shown(path))
    return OpenFile(handle)
