"""The Markdown that notes and tasks are exported as: readable as it is, and read back without loss.

Each item is a heading with its title, a comment that carries what Markdown cannot say, the body as it was written, and
a comment that ends it. A line of a body that looks like one of these comments gets a backslash before it, and loses it
when it is read. Whoever edits the text by hand may change headings and bodies freely, add items by copying one (without
its id), and write anything between items: it is skipped.

What items were before stands at the end, where it is in nobody's way: a comment for each version, which names its item
by the id.

Lines end at a newline alone, so that every other character of a body is kept.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any, Literal

ItemKind = Literal["note", "task"]
HEAD = "# Notes and tasks\n\nExported by CommandCenter. Import it in the workbench to have everything back.\n"
PAST = "\n# Earlier versions\n\n"
_MARK = re.compile(r"<!-- cchub:(note|task) (\{.*\}) -->")
_PAST = re.compile(r"<!-- cchub:past (\{.*\}) -->")
_END = "<!-- cchub:end -->"
_LIKE_A_MARK = re.compile(r"\\*<!-- cchub:")
_HEADING = "## "
NO_END = "its end is missing"
NO_JSON = "its comment is no JSON"


@dataclass(frozen=True, slots=True)
class Item:
    """One note or task as it lies in the text."""

    kind: ItemKind
    title: str
    body: str
    rest: dict[str, Any]
    """Everything else, as JSON has it."""
    past: list[dict[str, Any]] = field(default_factory=list)
    """Its earlier versions, oldest first; only an item with an id has any."""


@dataclass(frozen=True, slots=True)
class Unreadable:
    """What looks like an item and is none."""

    line: int
    why: str


def write(items: Iterable[Item]) -> str:
    """One text of all items."""
    every = list(items)
    past = [
        f"<!-- cchub:past {_packed({'of': item.rest['id']} | version)} -->\n" for item in every for version in item.past
    ]
    return HEAD + "".join(_written(item) for item in every) + (PAST if past else "") + "".join(past)


def read(text: str) -> list[Item | Unreadable]:
    """The items of a text, in order, and what cannot be read."""
    found: list[Item | Unreadable] = []
    past: dict[str, list[dict[str, Any]]] = {}
    for one in _marked(text):
        if isinstance(one, dict):
            past.setdefault(str(one.pop("of", "")), []).append(one)
        else:
            found.append(one)
    for item in found:
        # Of two items with the same id the first has the past.
        if isinstance(item, Item) and "id" in item.rest:
            item.past.extend(past.pop(str(item.rest["id"]), []))
    return found


def _marked(text: str) -> Iterator[Item | Unreadable | dict[str, Any]]:
    """Items, and between them earlier versions, as they come."""
    heading = ""
    mark: re.Match[str] | None = None
    began = 0
    body: list[str] = []
    for number, line in enumerate(text.split("\n"), start=1):
        bare = line.removesuffix("\r")
        begins = _MARK.fullmatch(bare)
        if begins is not None:
            if mark is not None:
                yield Unreadable(began, NO_END)
            heading = next((one for one in map(_heading, reversed(body)) if one is not None), "")
            mark, began, body = begins, number, []
        elif mark is not None and bare == _END:
            yield _item(mark, heading, body, began)
            mark, body = None, []
        elif mark is None and (version := _PAST.fullmatch(bare)) is not None:
            read = _unpacked(version[1])
            yield Unreadable(number, NO_JSON) if read is None else read
        else:
            body.append(line)
    if mark is not None:
        yield Unreadable(began, NO_END)


def _heading(line: str) -> str | None:
    return line.removesuffix("\r").removeprefix(_HEADING) if line.startswith(_HEADING) else None


def _written(item: Item) -> str:
    rest = dict(item.rest)
    if not _is_one_line(item.title):
        rest["title"] = item.title
    body = "\n".join(f"\\{line}" if _LIKE_A_MARK.match(line) else line for line in item.body.split("\n"))
    heading = " ".join(item.title.split())
    return f"\n{_HEADING}{heading}\n<!-- cchub:{item.kind} {_packed(rest)} -->\n\n{body}\n\n{_END}\n"


def _item(mark: re.Match[str], heading: str, lines: list[str], number: int) -> Item | Unreadable:
    kind: ItemKind = "note" if mark[1] == "note" else "task"
    rest = _unpacked(mark[2])
    if rest is None:
        return Unreadable(number, NO_JSON)
    title = rest.pop("title", heading)
    if not isinstance(title, str):
        return Unreadable(number, "its title is no text")
    # One empty line stands before the body and one after it; by hand they may have been taken away.
    begin = 1 if lines and lines[0].strip("\r") == "" else 0
    end = len(lines) - 1 if len(lines) > begin + 1 and lines[-1].strip("\r") == "" else len(lines)
    body = "\n".join(line[1:] if line[:1] == "\\" and _LIKE_A_MARK.match(line) else line for line in lines[begin:end])
    return Item(kind, title, body, rest)


def _packed(values: dict[str, Any]) -> str:
    """In one line. A comment ends at the first `-->`, wherever it is."""
    return json.dumps(values, ensure_ascii=False).replace(">", "\\u003e")


def _unpacked(text: str) -> dict[str, Any] | None:
    try:
        values: dict[str, Any] = json.loads(text)
    except (ValueError, RecursionError):
        return None
    return values


def _is_one_line(title: str) -> bool:
    return title == " ".join(title.split()) and "\0" not in title
