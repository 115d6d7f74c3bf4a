"""Which names of one folder git ignores. Without git, the `.gitignore` files on the way are read instead."""

from __future__ import annotations

import os

from workbench.git.program import GitFailed, GitProgram
from workbench.overview.scan import IgnoreRules, is_ignored, with_own_rules


def ignored_names(program: GitProgram, root: bytes, folder: bytes, names: list[tuple[bytes, bool]]) -> set[bytes]:
    """Those of `names` (each with whether it is a folder) in `folder`, relative to `root`, that are ignored."""
    if not names:
        return set()
    # git walks up from here by itself, so that a repository inside the folder answers for its own files.
    here = os.path.join(root, folder)
    given = b"".join(name + b"\0" for name, _ in names)
    try:
        answer = program.run(here, "check-ignore", "-z", "--stdin", given=given, allowed=(0, 1))
    except GitFailed:
        return _by_rules(root, folder, names)
    return {name for name in answer.output.split(b"\0") if name}


def _by_rules(root: bytes, folder: bytes, names: list[tuple[bytes, bool]]) -> set[bytes]:
    rules: IgnoreRules = with_own_rules(root, b"", ())
    inside = b""
    for part in folder.split(b"/") if folder else ():
        inside = inside + b"/" + part if inside else part
        rules = with_own_rules(root, inside, rules)
    base = folder + b"/" if folder else b""
    return {name for name, is_folder in names if rules and is_ignored(base + name, is_folder, rules)}
