"""What happens to a picture between the screen and the place where it turns up."""

import io

import numpy as np
from numpy.typing import NDArray
from PIL import Image

Pixels = NDArray[np.uint8]


def jpeg(pixels: Pixels, quality: int) -> Pixels:
    """Save and open again."""
    packed = io.BytesIO()
    Image.fromarray(pixels).save(packed, "JPEG", quality=quality)
    with Image.open(packed) as opened:
        return np.asarray(opened)


def cropped(pixels: Pixels, area: float, at: tuple[float, float] = (0.37, 0.61)) -> Pixels:
    """Cut out a part of the area; `at` says where in the room there is, across and down."""
    height, width = (int(side * area**0.5) for side in pixels.shape[:2])
    left = int(at[0] * (pixels.shape[1] - width))
    top = int(at[1] * (pixels.shape[0] - height))
    return pixels[top : top + height, left : left + width]


def scaled(pixels: Pixels, scale: float) -> Pixels:
    """Resize as a viewer or a browser does."""
    height, width = (round(side * scale) for side in pixels.shape[:2])
    return np.asarray(Image.fromarray(pixels).resize((width, height), Image.Resampling.BICUBIC))


def painted_over(pixels: Pixels, overlay: bytes) -> Pixels:
    """Paint a PNG tile over everything, beginning outside of the corner."""
    canvas = Image.fromarray(pixels).convert("RGBA")
    with Image.open(io.BytesIO(overlay)) as tile:
        step_x, step_y = tile.size
        layer = Image.new("RGBA", (canvas.width + step_x, canvas.height + step_y))
        for top in range(0, layer.height, step_y):
            for left in range(0, layer.width, step_x):
                layer.paste(tile, (left, top))
    canvas.alpha_composite(layer.crop((41, 87, 41 + canvas.width, 87 + canvas.height)))
    return np.asarray(canvas.convert("RGB"))


def screenshot(pixels: Pixels, zoom: float, overlay: bytes) -> Pixels:
    """Show a picture in a dark window at a zoom, painted over in screen pixels, and take the whole screen."""
    shown = painted_over(scaled(pixels, zoom), overlay)
    height, width = shown.shape[:2]
    screen = np.full((height + 120, width + 300, 3), (16, 17, 19), np.uint8)
    screen[61 : 61 + height, 233 : 233 + width] = shown
    return screen
