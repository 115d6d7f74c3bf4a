"""Rules of what is asked of the database, held against what really matches: nothing that matches may be left out."""

from __future__ import annotations

import re
from fnmatch import fnmatchcase

import pytest
import re2
from hypothesis import given
from hypothesis import strategies as st

from workbench.search.content import unpacked
from workbench.search.fragments import in_literal, in_pattern
from workbench.search.grams import BLOCK, SHARED, codes_of, folded_bytes, members, row_of, segment_of
from workbench.search.lines import matching_lines
from workbench.search.pattern import compile_query
from workbench.search.table import glob_expression
from workbench.search.words import words_in, words_of

TEXT = st.text(alphabet="abAB1_ .,(){}\n\tüÜ🚀ßΣσς-", max_size=60)
ATOMS = (
    "a",
    "b",
    "ab",
    "aab",
    "1",
    "_",
    " ",
    "ü",
    ".",
    r"\w",
    r"\d",
    r"\.",
    r"\b",
    "[ab]",
    "[^a]",
    "[]a]",
    r"\x61",
    "^",
    "$",
)
LITERAL = st.text(alphabet="abAB1_ .(üÜς-", min_size=1, max_size=8)


@st.composite
def patterns(draw: st.DrawFn) -> str:
    """Patterns of every construction the scanner knows, and of some that it does not."""
    atom = st.sampled_from(ATOMS)
    group = st.builds(
        lambda inner, head: f"({head}{inner})",
        st.deferred(lambda: sequence),
        st.sampled_from(["", "?:", "?i:", "?P<n>"]),
    )
    repeated = st.builds(
        str.__add__, st.one_of(atom, atom, group), st.sampled_from(["", "", "", "*", "+", "?", "{2}", "{0,2}", "*?"])
    )
    sequence = st.lists(repeated, min_size=1, max_size=5).map("".join)
    return draw(st.lists(sequence, min_size=1, max_size=3).map("|".join))


def has(clauses: list[tuple[str, ...]], content: str) -> bool:
    text = folded_bytes(content.encode())
    return all(any(folded_bytes(one.encode()) in text for one in clause) for clause in clauses)


@given(TEXT, LITERAL, TEXT)
def test_whatever_has_a_literal_has_its_fragments(before: str, literal: str, after: str) -> None:
    assert has(in_literal(literal), before + literal + after)


@given(patterns(), TEXT)
def test_whatever_matches_a_pattern_has_its_fragments(pattern: str, text: str) -> None:
    options = re2.Options()
    options.log_errors = False
    try:
        compiled = re2.compile("(?mi)" + pattern, options)
    except re2.error:
        return
    if compiled.search(text):
        assert has(in_pattern(pattern), text), in_pattern(pattern)


def test_fragments_are_as_long_as_can_be_told() -> None:
    assert in_pattern(r"fn\s+get_(\w+)\(config\)") == [("get_",), ("(config)",)]
    assert in_pattern("(foo|bar)baz") == [("foo", "bar"), ("baz",)]
    assert in_pattern("colou?r") == [("colo",)]
    assert in_pattern("(abc)?") == in_pattern("abc|.") == []


@given(st.lists(TEXT, max_size=20))
def test_both_ways_to_make_a_segment_agree_and_name_every_file(texts: list[str]) -> None:
    contents = [text.encode() for text in texts]
    segment = segment_of(contents, quickly=False)
    assert segment == segment_of(contents, quickly=True)
    pages = {number: unpacked(page) for number, page in segment.pages}
    for number, content in enumerate(contents):
        text = folded_bytes(content)
        for code in codes_of(text, 3) | codes_of(text, 5):
            row = row_of(pages[code // segment.span], code, segment.width, segment.span)
            assert number in members(row)


@pytest.mark.parametrize("quickly", [False, True])
def test_a_large_file_is_named_by_the_block_that_has_the_text(quickly: bool) -> None:
    literal = b"needle-in-a-large-file"
    for at in (0, BLOCK - len(literal), BLOCK - 5, BLOCK, BLOCK + SHARED - 3, 2 * BLOCK, 3 * BLOCK - len(literal)):
        large = b"x" * at + literal + b"x" * (3 * BLOCK - at - len(literal))
        segment = segment_of([b"small", large, b"other"], quickly=quickly)
        assert segment.owners == [0, 1, 2, 1, 1]
        pages = {number: unpacked(page) for number, page in segment.pages}
        bits = -1
        for code in codes_of(literal, 5):
            bits &= row_of(pages[code // segment.span], code, segment.width, segment.span)
        assert {segment.owners[bit] for bit in members(bits)} == {1}


@given(TEXT.filter(bool), LITERAL)
def test_marks_are_what_was_looked_for_whatever_stands_before(text: str, literal: str) -> None:
    content = f"{text}{literal}{text}".encode()
    matches, _ = matching_lines(compile_query(literal, "exact", case=True), content)
    lines = content.decode().split("\n")
    for match in matches:
        line = lines[match.line - 1]
        assert match.text == line.removesuffix("\r")
        for start, end in match.ranges:
            marked = match.text.encode("utf-16-le")[2 * start : 2 * end].decode("utf-16-le")
            assert literal.startswith(marked)
            assert marked


@given(TEXT, LITERAL, st.booleans())
def test_every_line_with_a_literal_is_found(text: str, literal: str, case: bool) -> None:
    asked = compile_query(literal, "exact", case=case)
    # Letters of other alphabets have their own rules of upper and lower case, which are RE2's.
    fold = (lambda one: one) if case else (lambda one: "".join(c.lower() if c.isascii() else c for c in one))
    content = f"{text}\nzzz\n{text}"
    matches, more = matching_lines(asked, content.encode())
    expected = [at for at, line in enumerate(content.split("\n"), 1) if fold(literal) in fold(line)]
    found = {match.line for match in matches}
    assert set(expected[: len(matches)]) <= found
    assert len(matches) + more >= len(expected)
    assert asked.matches(content.encode()) >= bool(expected)


@given(TEXT, st.lists(st.sampled_from(["a", "ab", "b1", "bab", "üb", "a_b"]), min_size=1, max_size=3))
def test_words_are_found_where_words_are(text: str, words: list[str]) -> None:
    asked = compile_query(" ".join(words) + " ", "words", case=True)
    lines = text.split("\n")
    expected = [
        at
        for at, line in enumerate(lines, 1)
        if any(re.search(rf"(?<![^\W_]){re.escape(word)}(?![^\W_])", line) for word in words)
    ]
    matches, more = matching_lines(asked, text.encode())
    assert {match.line for match in matches} <= set(expected)
    assert len(matches) + more == len(expected)


@given(TEXT)
def test_words_of_a_file_are_those_of_its_text(text: str) -> None:
    assert words_of(text.encode()) == {word.encode() for word in words_in(text)}


@given(st.text(alphabet="ab/*?.", min_size=1, max_size=8), st.text(alphabet="ab/.", min_size=1, max_size=8))
def test_a_glob_without_two_stars_means_what_it_means_in_a_folder(glob: str, path: str) -> None:
    path = re.sub("/+", "/", path).strip("/") or "a"
    if "**" in glob or "/" in glob or not set("*?") & set(glob):
        return
    assert bool(re.search(glob_expression(glob), path)) == fnmatchcase(path.rpartition("/")[2], glob)
