"""Which files git ignores, told without git: `.gitignore` files at every level (also above the folder, up to the top of
its repository) and `.git/info/exclude`. Later and deeper rules win; inside an ignored folder nothing is looked at.

Rules are read once per folder and kept; make a new `FolderRules` when one of the files changed. Folders of versioning
systems and of programs' caches are always left out.
"""

from __future__ import annotations

import os
from dataclasses import dataclass

from pathspec import GitIgnoreSpec

from workbench.files.ids import shown
from workbench.overview.scan import GITIGNORE_MAX, SKIPPED_FOLDERS, read_regular

LEVELS_ABOVE = 32
RULE_FILES = (b".gitignore", b".git/info/exclude")


@dataclass(frozen=True, slots=True)
class _Rules:
    """The patterns of one file, and how paths relative to our folder are seen from its place."""

    spec: GitIgnoreSpec
    strip: int
    """Characters of the path that lead to the place."""
    prefix: str = ""
    """What leads from a place above to our folder."""

    def verdict(self, path: str) -> bool | None:
        return self.spec.check_file(self.prefix + path[self.strip :]).include


class FolderRules:
    """The rules of one folder. `kept` are paths that git tracks although a rule says otherwise."""

    def __init__(self, root: bytes, kept: frozenset[bytes] = frozenset()) -> None:
        self._root = root
        self._kept = kept
        self._kept_folders = {path[:at] for path in kept for at, byte in enumerate(path) if byte == 47}
        self._by_folder: dict[bytes, tuple[_Rules, ...]] = {b"": self._of_top()}

    def ignores(self, path: bytes, *, is_folder: bool) -> bool:
        """Whether an entry is ignored, given that the folder it lies in is not."""
        if is_folder and path.rpartition(b"/")[2] in SKIPPED_FOLDERS:
            return True
        if path in self._kept or (is_folder and path in self._kept_folders):
            return False
        rules = self.of(path.rpartition(b"/")[0])
        if not rules:
            return False
        text = shown(path) + "/" if is_folder else shown(path)
        for one in reversed(rules):
            verdict = one.verdict(text)
            if verdict is not None:
                return verdict
        return False

    def ignores_below(self, path: bytes, *, is_folder: bool) -> bool:
        """Whether an entry is ignored, by itself or with one of the folders it lies in."""
        parts = path.split(b"/")
        folders = (b"/".join(parts[:depth]) for depth in range(1, len(parts)))
        return any(self.ignores(folder, is_folder=True) for folder in folders) or self.ignores(
            path, is_folder=is_folder
        )

    def of(self, folder: bytes) -> tuple[_Rules, ...]:
        """All rules that hold in a folder, weakest first."""
        known = self._by_folder.get(folder)
        if known is None:
            above = self.of(folder.rpartition(b"/")[0])
            own = self._read(os.path.join(folder, b".gitignore"), strip=len(shown(folder)) + 1)
            # A repository inside has an exclude file of its own.
            inner = self._read(os.path.join(folder, b".git/info/exclude"), strip=len(shown(folder)) + 1)
            known = self._by_folder[folder] = above + inner + own
        return known

    def _of_top(self) -> tuple[_Rules, ...]:
        found: list[_Rules] = []
        place, prefix = self._root, b""
        for _ in range(LEVELS_ABOVE):
            own = self._read(os.path.join(place, b".gitignore"), prefix=prefix)
            excluded = self._read(os.path.join(place, b".git/info/exclude"), prefix=prefix)
            found[:0] = excluded + own
            if os.path.lexists(os.path.join(place, b".git")):
                return tuple(found)
            above, name = os.path.split(place)
            if above == place:
                break
            place, prefix = above, name + b"/" + prefix
        # Not in a repository: what lies above is none of this folder's business.
        return self._read(b".gitignore")

    def _read(self, path: bytes, strip: int = 0, prefix: bytes = b"") -> tuple[_Rules, ...]:
        text = read_regular(os.path.join(self._root, path), GITIGNORE_MAX)
        if not text:
            return ()
        try:
            spec = GitIgnoreSpec.from_lines(text.decode("utf-8", "replace").splitlines())
        except ValueError:
            return ()  # git passes over patterns it cannot read, too
        return (_Rules(spec, strip, shown(prefix)),)
