"""Which words a text has, as the index knows them: maximal runs of letters and digits, lower case. `_` separates, so
that `get_config` is found by `config`.

What is indexed and what is asked for go through the same functions; a text that matches always has the words asked for.
"""

from __future__ import annotations

import re
import struct
from collections.abc import Collection

LEXEME_MAX = 64
"""Bytes of a word that whole-word search knows; longer ones are found as text inside words only."""
NUMBER_MAX = 5
"""Characters of a number that whole-word search knows: longer ones are data, and half of all distinct words."""
_SPLIT = bytes(
    byte + 32 if 65 <= byte <= 90 else byte if byte >= 128 or chr(byte).isalnum() else 32 for byte in range(256)
)
"""Makes ASCII letters small and everything else in ASCII that is no part of a word a space."""
_WORD = re.compile(r"[^\W_]+")
_CAMEL = re.compile(r"[A-Z]?[a-z]+|[A-Z]+(?![a-z])|[^\W\d_]+|\d+")


def folded(text: str) -> str:
    """Text without the difference between upper and lower case."""
    return text.lower().replace("\N{GREEK SMALL LETTER FINAL SIGMA}", "\N{GREEK SMALL LETTER SIGMA}")


def words_of(content: bytes) -> set[bytes]:
    """The distinct words of a file."""
    words = set(content.translate(_SPLIT).split())
    if content.isascii():
        return words
    # What is between two marks of ASCII may be several words by the rules of other alphabets.
    mixed = {word for word in words if not word.isascii()}
    words -= mixed
    for part in mixed:
        words.update(word.encode() for word in _WORD.findall(folded(part.decode("utf-8", "replace"))))
    return words


def words_in(text: str) -> list[str]:
    """The words of a query, in order."""
    return _WORD.findall(folded(text))


def names_in(path: str) -> set[bytes]:
    """Words of a path, also those inside `camelCase`."""
    parts = {folded(part) for part in _CAMEL.findall(path)}
    return {word.encode() for word in parts.union(words_in(path))}


def is_lexeme(word: bytes) -> bool:
    """Whether whole-word search knows this word."""
    return len(word) <= LEXEME_MAX and (len(word) <= NUMBER_MAX or not 48 <= word[0] <= 57)


def is_word_character(character: str) -> bool:
    """Whether a word goes on with this character."""
    return character.isalnum()


def tsvector(words: Collection[bytes]) -> bytes:
    """Words as PostgreSQL reads a `tsvector` in binary: without positions, sorted by the server."""
    known = [word for word in words if is_lexeme(word)]
    end = b"\0\0\0"  # the end of a word, and its number of positions
    return struct.pack(">I", len(known)) + end.join(known) + (end if known else b"")
