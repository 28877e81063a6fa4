"""The order of protection levels, from open to sealed."""

from __future__ import annotations

from collections.abc import Iterable

LEVELS = ("open", "marked", "guarded", "sealed")


def strictest(levels: Iterable[str]) -> str:
    """Give the strictest level, empty for none; an unknown level counts as the strictest."""
    return max(levels, key=lambda level: LEVELS.index(level) if level in LEVELS else len(LEVELS), default="")


def is_protected(level: str) -> bool:
    """Say whether pictures of a level must carry the mark."""
    return level != "open"
