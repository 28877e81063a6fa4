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


def turned(pixels: Pixels, degrees: float) -> Pixels:
    """Turn to the left; the corners get black."""
    return np.asarray(Image.fromarray(pixels).rotate(degrees, Image.Resampling.BICUBIC))


def mirrored(pixels: Pixels) -> Pixels:
    """Exchange left and right."""
    return np.ascontiguousarray(pixels[:, ::-1])


def stretched(pixels: Pixels, across: float, down: float) -> Pixels:
    """Resize without keeping the proportions."""
    height, width = round(pixels.shape[0] * down), round(pixels.shape[1] * across)
    return np.asarray(Image.fromarray(pixels).resize((width, height), Image.Resampling.BICUBIC))


def slanted(pixels: Pixels, most: float, seed: int = 0) -> Pixels:
    """Look from aside: every corner moves inwards by up to this part of the sides."""
    height, width = pixels.shape[:2]
    corners = np.array([(0, 0), (width, 0), (width, height), (0, height)], np.float64)
    inwards = np.array([(1, 1), (-1, 1), (-1, -1), (1, -1)]) * (width, height)
    seen = corners + np.random.default_rng(seed).uniform(0, most, (4, 2)) * inwards
    rows, values = [], []
    for (x, y), (u, v) in zip(seen, corners, strict=True):
        rows += [(x, y, 1, 0, 0, 0, -u * x, -u * y), (0, 0, 0, x, y, 1, -v * x, -v * y)]
        values += [u, v]
    back = np.linalg.solve(np.array(rows), np.array(values))
    image = Image.fromarray(pixels)
    return np.asarray(
        image.transform(image.size, Image.Transform.PERSPECTIVE, tuple(back), Image.Resampling.BICUBIC)
    )
