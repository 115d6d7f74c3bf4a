"""What happened in a repository between two looks at it: commits on the branch, or another branch."""

from __future__ import annotations

from itertools import takewhile

from workbench.overview.models import Git

_KNOWN = ("ok", "empty")


def happened(before: Git, now: Git) -> list[tuple[str, dict[str, str]]]:
    """The events, oldest first. Of more than 20 commits at once, the last 20."""
    if before.state not in _KNOWN or now.state not in _KNOWN:
        return []
    if before.branch != now.branch or (now.branch is None and before.head != now.head):
        return [("branch.changed", {"from": _where(before), "to": _where(now)})]
    former = {commit.sha for commit in before.commits}
    if now.head in former:
        return []  # nothing new, or moved back to what was there before
    new = [commit for commit in takewhile(lambda one: one.sha != before.head, now.commits) if commit.sha not in former]
    return [
        ("commit.seen", {"sha": commit.sha, "subject": commit.subject, "author": commit.author})
        for commit in reversed(new)
    ]


def _where(git: Git) -> str:
    """The branch; with a detached HEAD, the commit."""
    return git.branch or git.head or ""
