"""Vocabulary written as a table: words apart by spaces, over as many lines as they need."""

from __future__ import annotations


def table(text: str) -> tuple[str, ...]:
    """Return the words of a table in its order."""
    return tuple(text.split())
