"""What a text must have if it is to match: parts of it, told from a pattern without running it.

Conservative: whatever is not understood asks for nothing.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Literal

Clause = tuple[str, ...]
"""At least one of these texts must be there, whatever the case of its letters."""
_LEAST = 3
"""Bytes of a text that is worth asking for."""
_REPEAT = re.compile(r"[*+?]|\{(\d+)(?:,\d*)?\}")
_HEAD = re.compile(r"\?(?:P?<\w+>|[imsU]*(?:-[imsU]+)?:)")
"""How a group begins that has a name or flags."""
_CONTROL = {"n": "\n", "t": "\t", "r": "\r", "f": "\f", "v": "\v", "a": "\a"}
_LONG_ESCAPE = re.compile(r"\\(?:x\{[0-9A-Fa-f]*\}|x[0-9A-Fa-f]{1,2}|[pP](?:\{[^}]*\}|.)|[0-7]{1,3})")
_QUOTE = r"\Q"


def in_literal(literal: str) -> list[Clause]:
    """A text that is looked for as it is."""
    return [(literal,)] if len(literal.encode("utf-8", "replace")) >= _LEAST else []


def in_pattern(pattern: str) -> list[Clause]:
    """What every match of a pattern has."""
    if _QUOTE in pattern:
        return []
    return _required(pattern)


def _required(pattern: str) -> list[Clause]:
    alternatives = [_in_sequence(one) for one in _alternatives(pattern)]
    if len(alternatives) == 1:
        return alternatives[0]
    if not all(alternatives):
        return []
    best = [max(clauses, key=lambda clause: min(map(len, clause))) for clauses in alternatives]
    return [tuple(fragment for clause in best for fragment in clause)]


def _in_sequence(atoms: list[_Atom]) -> list[Clause]:
    """What a sequence has: its literal runs, and what its groups have that are not optional."""
    found: list[Clause] = []
    run = ""
    for atom in [*atoms, _Atom("other")]:
        if atom.kind == "literal" and atom.least == 1 and atom.once:
            run += atom.text
            continue
        if atom.kind == "literal" and atom.least > 0:
            run += atom.text  # once at least; what follows it is not known to come right after
        found += in_literal(run)
        run = ""
        if atom.kind == "group" and atom.least > 0:
            found += _required(atom.text)
    return found


@dataclass(frozen=True, slots=True)
class _Atom:
    kind: Literal["literal", "group", "other"]
    text: str = ""
    least: int = 1
    """How often it comes at least."""
    once: bool = True
    """Exactly once."""


def _alternatives(pattern: str) -> list[list[_Atom]]:
    """A pattern, split at `|` outside of groups and classes, into atoms with their repetition."""
    alternatives: list[list[_Atom]] = [[]]
    at = 0
    while at < len(pattern):
        if pattern[at] == "|":
            alternatives.append([])
            at += 1
            continue
        kind, text, at = _atom(pattern, at)
        least, once = 1, True
        while (repeat := _REPEAT.match(pattern, at)) is not None:
            times = repeat.group(1)
            lowest = int(times) if times else int(repeat.group() == "+")
            least, once, at = min(least, lowest), False, repeat.end()
        alternatives[-1].append(_Atom(kind, text, least, once))
    return alternatives


def _atom(pattern: str, at: int) -> tuple[Literal["literal", "group", "other"], str, int]:
    character = pattern[at]
    if character == "(":
        end = _end_of_group(pattern, at)
        inner = pattern[at + 1 : end - 1]
        head = _HEAD.match(inner)
        if head is not None:
            return "group", inner[head.end() :], end
        return ("other" if inner.startswith("?") else "group"), inner, end
    if character == "[":
        return "other", "", _end_of_class(pattern, at)
    if character == "\\":
        long = _LONG_ESCAPE.match(pattern, at)
        if long is not None:
            return "other", "", long.end()
        escaped = pattern[at + 1 : at + 2]
        if escaped in _CONTROL:
            return "literal", _CONTROL[escaped], at + 2
        return ("other" if escaped.isalnum() else "literal"), escaped, at + 2
    return ("other" if character in ".^$" else "literal"), character, at + 1


def _end_of_group(pattern: str, at: int) -> int:
    """Where the group that begins at `at` is over."""
    depth = 0
    while at < len(pattern):
        character = pattern[at]
        if character == "[":
            at = _end_of_class(pattern, at)
            continue
        if character == "\\":
            at += 1
        elif character == "(":
            depth += 1
        elif character == ")":
            depth -= 1
            if depth == 0:
                return at + 1
        at += 1
    return len(pattern) + 1


def _end_of_class(pattern: str, at: int) -> int:
    at += 1
    if pattern.startswith("^", at):
        at += 1
    if pattern.startswith("]", at):
        at += 1  # a bracket at the beginning is one of the characters
    while at < len(pattern) and pattern[at] != "]":
        if pattern.startswith("[:", at):
            end = pattern.find(":]", at)
            at = end + 2 if end > 0 else at + 1
        else:
            at += 2 if pattern[at] == "\\" else 1
    return at + 1
