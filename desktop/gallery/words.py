"""The words of the library page: months, counts, times left."""

from __future__ import annotations

MONTHS = (
    *("January", "February", "March", "April", "May", "June"),
    *("July", "August", "September", "October", "November", "December"),
)


def month_title(key: str) -> str:
    """Write 2026-11 as November 2026."""
    year, month = key.split("-")
    return f"{MONTHS[int(month) - 1]} {int(year)}"


def month_short(key: str) -> str:
    """Write 2026-11 as Nov."""
    return MONTHS[int(key.split("-")[1]) - 1][:3]


def count_words(count: int) -> str:
    """Write a number of pictures."""
    return "1 picture" if count == 1 else f"{count:,} pictures"


def time_left(seconds: float) -> str:
    """Write how long something will still take."""
    if seconds < 90:
        return f"{max(1, round(seconds))} s left"
    if seconds < 5400:
        return f"{round(seconds / 60)} min left"
    return f"{round(seconds / 3600)} h left"


def bytes_words(number: float) -> str:
    """Write a number of bytes."""
    for unit in ("bytes", "kB", "MB"):
        if number < 1000:
            return f"{number:.0f} {unit}"
        number /= 1000
    return f"{number:.1f} GB"
