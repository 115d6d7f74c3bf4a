"""What the user asked for, compiled: what to look for in a file, and what the database can tell without looking.

Patterns are RE2's: their time grows with the text alone, whatever the pattern. Look-around and references to groups do
not exist there.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Any

import re2

from workbench.errors import ApiError
from workbench.search.fragments import Clause, in_literal, in_pattern
from workbench.search.models import Mode
from workbench.search.words import folded, is_lexeme, is_word_character, words_in

TERMS_MAX = 16
SHORT = 2
"""Words of so many letters are in the middle of so many others that RE2 has to pass these over by itself."""
MEMORY_MAX = 16 * 1024 * 1024
"""Bytes that one compiled pattern may use."""
LETTER_MAX = 4
"""Bytes of a letter."""
_WORD_BYTES = frozenset(byte for byte in range(128) if chr(byte).isalnum())

Span = tuple[int, int]
"""Start and end in bytes."""


@dataclass(frozen=True, slots=True)
class Text:
    """A file's content, and the same in lower case where a term needs it, made once for all of them."""

    content: bytes
    lower: bytes
    is_ascii: bool

    @staticmethod
    def of(content: bytes, terms: tuple[Term, ...]) -> Text:
        """The text of this content."""
        is_ascii = content.isascii()
        needed = any(term.is_plain_in(is_ascii) and not term.case for term in terms)
        return Text(content, content.lower() if needed else b"", is_ascii)


@dataclass(frozen=True, slots=True)
class Term:
    """One thing to look for."""

    expression: Any = None
    """Compiled by RE2; None where `plain` says it all."""
    plain: bytes = b""
    """To be found as it is, or in lower case where case does not matter. Where there is an expression, too, that one is
    for texts with letters of other alphabets, of which some are ASCII letters in another case."""
    case: bool = False
    begins: bool = False
    """It has to begin where a word begins."""
    ends: bool = False
    group: int = 0
    """Which part of a match is the term."""
    reach: int = 0
    """Bytes by which a match may go beyond the line in which it begins."""

    def is_plain_in(self, is_ascii: bool) -> bool:
        """Whether it is looked for as bytes, without RE2."""
        return self.plain != b"" and (is_ascii or self.expression is None)

    def first(self, text: Text, at: int, end: int) -> Span | None:
        """Its first match that begins at `at` or later and ends at `end` or before."""
        return self._plain(text, at, end) if self.is_plain_in(text.is_ascii) else self._matched(text.content, at, end)

    def _plain(self, text: Text, at: int, end: int) -> Span | None:
        content, length = text.content if self.case else text.lower, len(self.plain)
        at = content.find(self.plain, at, end)
        while at >= 0:
            stop = at + length
            if not (self.begins and _goes_on_before(content, at)) and not (self.ends and _goes_on(content, stop)):
                return at, stop
            at = content.find(self.plain, stop, end)
        return None

    def _matched(self, content: bytes, at: int, end: int) -> Span | None:
        begin = at
        while at <= end:
            # What comes before the part that is the term may lie before `begin`.
            match = self.expression.search(content, max(0, at - 1) if self.group else at, end)
            if match is None:
                return None
            start, stop = match.span(self.group)
            begins = start >= begin and not (self.begins and _goes_on_before(content, start))
            if start < stop and begins and not (self.ends and _goes_on(content, stop)):
                return start, stop
            at = max(stop, at + 1)
        return None


@dataclass(frozen=True, slots=True)
class Asked:
    """A compiled query: a file matches that has all terms."""

    terms: tuple[Term, ...]
    clauses: list[Clause] = field(default_factory=list)
    lexemes: str = ""
    """Whole words as a text search query; empty when there are none."""
    any_lexeme: str = ""
    exact: bool = False
    """Whatever has the lexemes matches; no look into the file is needed."""

    def matches(self, content: bytes) -> bool:
        """Whether a file has all terms."""
        text = Text.of(content, self.terms)
        return all(term.first(text, 0, len(content)) is not None for term in self.terms)


def compile_query(query: str, mode: Mode, *, case: bool) -> Asked:
    """Raises `ApiError` 422 `search_pattern_invalid`."""
    if mode == "words":
        terms = query.split()[:TERMS_MAX]
        if any(words_in(term) for term in terms):
            return _of_words(terms, unfinished=not query[-1].isspace(), case=case)
        mode, query = "exact", query.strip()
    if mode == "regex":
        return Asked((Term(_compiled(f"(?m{'' if case else 'i'})", query, query)),), clauses=in_pattern(query))
    return Asked((_literal(query, case=case),), clauses=in_literal(query))


def _of_words(terms: list[str], *, unfinished: bool, case: bool) -> Asked:
    words = [word for term in terms for word in words_in(term)]
    # One letter begins too many words to be of use.
    unfinished = unfinished and is_word_character(terms[-1][-1]) and len(words[-1]) > 1
    last = len(terms) - 1
    looked_for = tuple(
        _literal(
            term,
            case=case,
            begins=is_word_character(term[0]),
            ends=is_word_character(term[-1]) and not (unfinished and at == last),
        )
        for at, term in enumerate(terms)
    )
    lexemes = [
        f"'{word}'{':*' if unfinished and at == len(words) - 1 else ''}"
        for at, word in enumerate(words)
        if is_lexeme(word.encode())
    ]
    known = len(lexemes) == len(words)
    return Asked(
        looked_for,
        clauses=[] if known else [clause for term in terms for clause in in_literal(term)],
        lexemes=" & ".join(lexemes),
        any_lexeme=" | ".join(lexemes),
        exact=known and not case and words == [folded(term) for term in terms],
    )


def _literal(text: str, *, case: bool, begins: bool = False, ends: bool = False) -> Term:
    flags, source = "" if case else "(?i)", re2.escape(text)
    if begins and len(text) <= SHORT:
        return Term(_compiled(flags, rf"(?:\A|[^\pL\pN])({source})", text, lines=False), ends=ends, group=1)
    plain = _bytes_of(text)
    reach = LETTER_MAX * len(text) if "\n" in text else 0
    if case or (text.isascii() and (begins or ends)):
        return Term(plain=plain if case else plain.lower(), case=case, begins=begins, ends=ends, reach=reach)
    quick = plain.lower() if text.isascii() else b""
    return Term(_compiled(flags, source, text, lines=False), quick, begins=begins, ends=ends, reach=reach)


def _bytes_of(text: str) -> bytes:
    try:
        return text.encode()
    except UnicodeEncodeError as wrong:
        raise _invalid(text, "it is not text") from wrong


def _compiled(flags: str, source: str, asked: str, *, lines: bool = True) -> Any:
    options = re2.Options()
    options.log_errors = False
    options.max_mem = MEMORY_MAX
    options.never_nl = lines
    try:
        return re2.compile(_bytes_of(flags + source), options)
    except re2.error as wrong:
        said = wrong.args[0].decode("utf-8", "replace") if wrong.args else ""
        raise _invalid(asked, said.replace(flags, "", 1)) from wrong


def _invalid(pattern: str, words: str) -> ApiError:
    position = _position(pattern, words)
    at = f" at character {position + 1}" if position is not None else ""
    hint = " Look-around does not exist here." if re.search(r"\(\?<?[=!]|\(\?<$", words) else ""
    return ApiError(
        422,
        "search_pattern_invalid",
        f"The pattern cannot be used{at}: {words}.{hint}",
        {"position": position, "wrong": words},
    )


def _position(pattern: str, words: str) -> int | None:
    """Where the pattern goes wrong: RE2 names the place by its text, Python's own expressions by its number."""
    place = words.partition(": ")[2]
    if place and pattern.count(place) == 1 and place != pattern:
        return pattern.index(place)
    try:
        re.compile(pattern)
    except re.error as wrong:
        return wrong.pos
    except (OverflowError, RecursionError):
        return None
    return None


def _goes_on(content: bytes, at: int) -> bool:
    """Whether a letter or digit follows."""
    if at >= len(content):
        return False
    if content[at] < 128:
        return content[at] in _WORD_BYTES
    return is_word_character(content[at : at + 4].decode("utf-8", "ignore")[:1])


def _goes_on_before(content: bytes, at: int) -> bool:
    if at <= 0:
        return False
    if content[at - 1] < 128:
        return content[at - 1] in _WORD_BYTES
    return is_word_character(content[max(0, at - 4) : at].decode("utf-8", "ignore")[-1:])
