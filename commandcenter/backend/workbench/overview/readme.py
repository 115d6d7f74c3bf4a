"""Finds and reads the folder's README, as it is and bounded."""

from __future__ import annotations

import os

from workbench.files.ids import file_id
from workbench.overview.models import Readme
from workbench.overview.scan import read_regular, shown

TEXT_MAX = 256 * 1024
"""Bytes."""
_ENDINGS = (b".md", b".markdown", b".mdx", b"", b".txt", b".rst", b".adoc", b".org")


def read_readme(folder: str) -> Readme | None:
    """The README at the top of the folder; Markdown first when there are several."""
    root = os.fsencode(folder)
    try:
        names = os.listdir(root)
    except OSError:
        return None
    found = []
    for name in names:
        stem, ending = os.path.splitext(name.lower())
        if stem == b"readme" and ending in _ENDINGS:
            found.append((_ENDINGS.index(ending), name))
    for _, name in sorted(found):
        content = read_regular(os.path.join(root, name), TEXT_MAX + 1)
        if content is not None:
            text = content[:TEXT_MAX].decode("utf-8", "replace")
            return Readme(path=shown(name), id=file_id(name), text=text, truncated=len(content) > TEXT_MAX)
    return None
