"""The two palettes and the measures from which everything on the screen is made."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True)
class Palette:
    """Name every colour of one scheme, as #RRGGBB."""

    name: str
    ground: str
    panel: str
    raised: str
    pressed: str
    stage: str  # behind an opened picture
    hidden: str  # the picture's place under the shield
    line: str
    strong: str
    normal: str
    faint: str
    accent: str
    on_accent: str
    good: str
    caution: str
    alarm: str


DARK: Final = Palette(
    name="dark",
    ground="#101113",
    panel="#17181B",
    raised="#202226",
    pressed="#2A2D32",
    stage="#0A0B0D",
    hidden="#141618",
    line="#2C2F34",
    strong="#ECEDEE",
    normal="#A9AEB5",
    faint="#71777F",
    accent="#E0B04C",
    on_accent="#1C1608",
    good="#63B98D",
    caution="#E5A24A",
    alarm="#E5645E",
)

LIGHT: Final = Palette(
    name="light",
    ground="#F4F3F0",
    panel="#FBFAF8",
    raised="#FFFFFF",
    pressed="#ECEAE5",
    stage="#E9E7E2",
    hidden="#DFDCD6",
    line="#DDDAD3",
    strong="#1C1D1F",
    normal="#55595F",
    faint="#8A8F96",
    accent="#B07E16",
    on_accent="#FFFFFF",
    good="#22734D",
    caution="#8A5200",
    alarm="#B3302A",
)

# Logical pixels.
STEP: Final = 4
CONTROL: Final = 32
RADIUS: Final = 8
RADIUS_CARD: Final = 12
RADIUS_THUMBNAIL: Final = 4

TEXT: Final = 13
TEXT_LINE: Final = 20
TEXT_SMALL: Final = 12
TEXT_HEAD: Final = 11
TEXT_TITLE: Final = 16
TEXT_LARGE: Final = 20

SIDEBAR: Final = 232
TOOL_BAR: Final = 52
STATUS_BAR: Final = 29
INFORMATION: Final = 320
RAIL: Final = 58


def luminance(colour: str) -> float:
    """Compute the relative luminance of #RRGGBB, 0 to 1 (WCAG 2.2)."""
    channels = (int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5))
    red, green, blue = (c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(one: str, other: str) -> float:
    """Compute the contrast ratio of two colours, 1 to 21 (WCAG 2.2)."""
    low, high = sorted((luminance(one), luminance(other)))
    return (high + 0.05) / (low + 0.05)


def blend(over: str, under: str, share: float) -> str:
    """Mix two colours; `share` 1 gives `over`."""
    mixed = (
        round(int(over[i : i + 2], 16) * share + int(under[i : i + 2], 16) * (1 - share)) for i in (1, 3, 5)
    )
    return "#" + "".join(f"{channel:02X}" for channel in mixed)
