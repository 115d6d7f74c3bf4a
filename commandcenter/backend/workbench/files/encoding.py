"""Text of files: which encoding and which line ends they have, and back to bytes without losing one.

Text is shown for editing only when encoding it again gives exactly the bytes it was read from.
"""

from __future__ import annotations

import codecs
import re
from dataclasses import dataclass

from workbench.errors import ApiError
from workbench.files.models import Encoding, Newline

_MARKS: tuple[tuple[bytes, Encoding], ...] = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)
_CONTROLS = re.compile(rb"[\x01-\x07\x0e-\x1a\x1c-\x1f\x7f]")
_CONTROLS_SHARE = 0.02
"""Of text in an unknown 8-bit encoding; above it, it is no text."""
_LOOK = 8192


@dataclass(frozen=True, slots=True)
class Decoded:
    """Text as it is shown."""

    text: str
    encoding: Encoding
    guessed: bool
    newline: Newline

    @property
    def lines(self) -> int:
        """Lines; a last one without an end counts."""
        return self.text.count("\n") + (self.text != "" and not self.text.endswith("\n"))


def decode(content: bytes) -> Decoded | None:
    """The text of a file, or None when it is none or could not be written back as it was."""
    encoding, mark = _encoding(content)
    if encoding is None:
        return None
    try:
        raw = content[len(mark) :].decode(_codec(encoding))
    except UnicodeDecodeError:
        return None
    if "\0" in raw:
        return None
    newline = _newline(raw)
    text = raw.replace("\r\n", "\n") if newline == "crlf" else raw
    decoded = Decoded(text, encoding, encoding == "latin-1", newline)
    return decoded if encode(text, encoding, newline) == content else None


def encode(text: str, encoding: Encoding, newline: Newline) -> bytes:
    """The bytes of a file. Raises `ApiError` 422 `encoding_impossible`."""
    if newline != "mixed":
        text = text.replace("\r\n", "\n")
    if newline == "crlf":
        text = text.replace("\n", "\r\n")
    mark = next((mark for mark, name in _MARKS if name == encoding), b"")
    try:
        return mark + text.encode(_codec(encoding))
    except UnicodeEncodeError as cause:
        words = (
            f"The file is in {encoding}, which has no {text[cause.start : cause.end][:10]!r}. Take that out to save."
        )
        raise ApiError(422, "encoding_impossible", words, {"encoding": encoding, "at": cause.start}) from cause


def _encoding(content: bytes) -> tuple[Encoding | None, bytes]:
    for mark, marked in _MARKS:
        if content.startswith(mark):
            return marked, mark
    if b"\0" in content:
        return None, b""
    try:
        content.decode("utf-8")
    except UnicodeDecodeError:
        look = content[:_LOOK]
        is_text = len(_CONTROLS.findall(look)) <= len(look) * _CONTROLS_SHARE
        return ("latin-1" if is_text else None), b""
    return "utf-8", b""


def _codec(encoding: Encoding) -> str:
    return "utf-8" if encoding == "utf-8-sig" else encoding


def _newline(text: str) -> Newline:
    both = text.count("\r\n")
    if text.count("\r") > both:
        return "mixed"
    if both == 0:
        return "lf"
    return "crlf" if text.count("\n") == both else "mixed"
