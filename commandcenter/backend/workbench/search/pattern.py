"""What the user asked for, compiled: what to look for in a file, and what the database can tell without looking.

Patterns are RE2's: their time grows with the text alone, whatever the pattern. Look-around and references to groups do
not exist there.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from heapq import merge
from itertools import islice
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

Span = tuple[int, int, int]
"""Start and end in bytes, and which term it is."""


@dataclass(frozen=True, slots=True)
class Text:
    """A file's content, and the same in lower case where a term needs it, made once for all of them."""

    content: bytes
    lower: bytes

    @staticmethod
    def of(content: bytes, terms: tuple[Term, ...]) -> Text:
        """The text of this content."""
        needed = any(term.plain and not term.case for term in terms)
        return Text(content, content.lower() if needed else b"")


@dataclass(frozen=True, slots=True)
class Term:
    """One thing to look for."""

    expression: Any = None
    """Compiled by RE2; None where `plain` says it all."""
    plain: bytes = b""
    """To be found as it is, or in lower case where case does not matter."""
    case: bool = False
    begins: bool = False
    """It has to begin where a word begins."""
    ends: bool = False
    group: int = 0
    """Which part of a match is the term."""

    def spans(self, text: Text, number: int) -> Iterator[Span]:
        """Its matches in a file, in order."""
        places = self._plain_places(text) if self.plain else self._places(text.content)
        for start, end in places:
            before, after = (
                self.begins and _goes_on_before(text.content, start),
                self.ends and _goes_on(text.content, end),
            )
            if start < end and not before and not after:
                yield start, end, number

    def _plain_places(self, text: Text) -> Iterator[tuple[int, int]]:
        content, length = text.content if self.case else text.lower, len(self.plain)
        at = content.find(self.plain)
        while at >= 0:
            yield at, at + length
            at = content.find(self.plain, at + length)

    def _places(self, content: bytes) -> Iterator[tuple[int, int]]:
        for match in self.expression.finditer(content):
            yield match.span(self.group)


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

    def spans(self, content: bytes) -> Iterator[Span]:
        """All matches in a file, in order. Those of different terms may overlap."""
        text = Text.of(content, self.terms)
        return merge(*(term.spans(text, number) for number, term in enumerate(self.terms)))

    def count(self, content: bytes, limit: int) -> int:
        """How many matches a file has, up to about `limit`; 0 where a term is missing."""
        total, text = 0, Text.of(content, self.terms)
        for term in self.terms:
            found = sum(1 for _ in islice(term.spans(text, 0), limit))
            if found == 0:
                return 0
            total += found
        return total


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
    # RE2 passes over a file faster, but a single match costs it more: it is for what comes rarely.
    if (begins or ends or len(text) <= SHORT) and (case or text.isascii()):
        plain = _bytes_of(text)
        return Term(plain=plain if case else plain.lower(), case=case, begins=begins, ends=ends)
    return Term(_compiled(flags, source, text, lines=False), begins=begins, ends=ends)


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
    follows = content[at : at + 4].decode("utf-8", "ignore")
    return follows != "" and is_word_character(follows[0])


def _goes_on_before(content: bytes, at: int) -> bool:
    before = content[max(0, at - 4) : at].decode("utf-8", "ignore")
    return before != "" and is_word_character(before[-1])
