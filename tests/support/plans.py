"""How SQLite means to find the rows of each query that is made."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from sqlalchemy import Engine, event

LARGE = ("pictures", "places", "album_pictures", "grant_views", "grants", "renditions", "accounts")


@contextmanager
def plans() -> Iterator[dict[str, list[str]]]:
    """Yield the plan of every query that is made meanwhile, by its text."""
    found: dict[str, list[str]] = {}

    def explain(
        _connection: Any, cursor: Any, statement: str, parameters: Any, _context: Any, _many: bool
    ) -> None:
        if statement.lstrip().startswith(("SELECT", "WITH")):
            rows = cursor.connection.execute(f"EXPLAIN QUERY PLAN {statement}", parameters).fetchall()
            found[statement] = [str(row[3]) for row in rows]

    event.listen(Engine, "before_cursor_execute", explain)
    try:
        yield found
    finally:
        event.remove(Engine, "before_cursor_execute", explain)


def scanned(steps: list[str]) -> list[str]:
    """Return the steps that read a whole large table; one that reads an index from end to end is one too."""
    return [step for step in steps if re.match(rf"SCAN ({'|'.join(LARGE)})(_\d+)?\b", step)]
