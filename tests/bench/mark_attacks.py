"""What is done to marked pictures before somebody tries to read them."""

import io
import subprocess
import tempfile
from collections.abc import Callable
from functools import partial
from pathlib import Path

import numpy as np
from PIL import Image, ImageFilter

from tests.support.leaks import (
    Pixels,
    cropped,
    jpeg,
    mirrored,
    painted_over,
    scaled,
    screenshot,
    slanted,
    stretched,
    turned,
)

Attack = Callable[[Pixels], Pixels]


def _blurred(pixels: Pixels, sigma: float) -> Pixels:
    return np.array(Image.fromarray(pixels).filter(ImageFilter.GaussianBlur(sigma)), np.uint8)


def _noisy(pixels: Pixels, sigma: float) -> Pixels:
    noise = np.random.default_rng(1).normal(0, sigma, pixels.shape)
    return np.clip(pixels + noise, 0, 255).astype(np.uint8)


def _curved(pixels: Pixels, gamma: float) -> Pixels:
    return np.rint(255 * (pixels / 255) ** gamma).astype(np.uint8)


def _linear(pixels: Pixels, factor: float, middle: float) -> Pixels:
    bent: Pixels = np.clip((pixels.astype(np.float32) - middle) * factor + middle, 0, 255).astype(np.uint8)
    return bent


def _packed(pixels: Pixels, kind: str, quality: int) -> Pixels:
    target = io.BytesIO()
    Image.fromarray(pixels).save(target, kind, quality=quality)
    with Image.open(target) as opened:
        return np.asarray(opened.convert("RGB"))


def photographed(pixels: Pixels, most: float, seed: int = 7) -> Pixels:
    """Take a picture of a screen: from aside, a little blurred, with noise, another tone curve, a JPEG 70."""
    seen = _blurred(slanted(pixels, most, seed), 0.7)
    return jpeg(_curved(_noisy(seen, 3), 0.9), 70)


def _filmed(pixels: Pixels) -> Pixels:
    """Return a frame of a recording of a still picture: H.264 as ffmpeg makes it, constant rate factor 28."""
    height, width = (side // 2 * 2 for side in pixels.shape[:2])
    with tempfile.TemporaryDirectory() as folder:
        video = Path(folder) / "recording.mp4"
        frames = np.ascontiguousarray(pixels[:height, :width]).tobytes() * 12
        raw = ("-f", "rawvideo", "-pix_fmt", "rgb24", "-s", f"{width}x{height}")
        quiet = ("ffmpeg", "-v", "error", "-threads", "1")
        packing = ("-c:v", "libx264", "-crf", "28", "-pix_fmt", "yuv420p")
        subprocess.run([*quiet, *raw, "-r", "25", "-i", "-", *packing, str(video)], input=frames, check=True)
        last = subprocess.run(
            [*quiet, "-ss", "0.4", "-i", str(video), "-frames:v", "1", *raw[:4], "-"],
            capture_output=True,
            check=True,
        ).stdout
    return np.frombuffer(last, np.uint8).reshape(height, width, 3)


def _printed(pixels: Pixels) -> Pixels:
    """Print in dots and scan: every pixel is 3 × 3 dots of ordered dither, seen a little unsharply."""
    order = np.array([(0, 7, 3), (6, 5, 2), (4, 1, 8)])
    large = np.asarray(scaled(pixels, 3).astype(np.float32).mean(axis=2))
    thresholds = np.tile((order + 0.5) * 255 / 9, (large.shape[0] // 3 + 1, large.shape[1] // 3 + 1))
    dots = np.where(large > thresholds[: large.shape[0], : large.shape[1]], 255, 0).astype(np.uint8)
    seen = Image.fromarray(dots).filter(ImageFilter.GaussianBlur(2)).convert("RGB")
    return jpeg(np.asarray(seen.resize((large.shape[1] // 2, large.shape[0] // 2))), 85)


ATTACKS: dict[str, Attack] = {
    "none": lambda p: p,
    **{f"JPEG {q}": partial(jpeg, quality=q) for q in (90, 75, 50, 30, 20, 10)},
    "WebP 75": lambda p: _packed(p, "WEBP", 75),
    "AVIF 50": lambda p: _packed(p, "AVIF", 50),
    **{f"resize {s}": partial(scaled, scale=s) for s in (0.3, 0.4, 0.5, 0.75, 1.5, 2.0)},
    **{f"crop to {round(100 * a)} %": partial(cropped, area=a) for a in (0.5, 0.25, 0.1)},
    "crop to 256 x 256, JPEG 75": lambda p: jpeg(p[90:346, 60:316], 75),
    "crop to 25 %, JPEG 50": lambda p: jpeg(cropped(p, 0.25), 50),
    **{f"rotation {d}": partial(turned, degrees=d) for d in (1, 5, 33, 147)},
    "quarter turn": lambda p: np.ascontiguousarray(np.rot90(p)),
    "mirrored": mirrored,
    "mirrored, turned 20, resize 0.7, JPEG 75": lambda p: jpeg(turned(mirrored(scaled(p, 0.7)), 20), 75),
    "4:3 to 16:9": lambda p: stretched(p, 4 / 3, 1),
    "brightness + 20 %": lambda p: _linear(p, 1.2, 0),
    "brightness - 20 %": lambda p: _linear(p, 0.8, 0),
    "contrast + 20 %": lambda p: _linear(p, 1.2, 128),
    "contrast - 20 %": lambda p: _linear(p, 0.8, 128),
    "gamma 0.8": lambda p: _curved(p, 0.8),
    "gamma 1.2": lambda p: _curved(p, 1.2),
    "blur sigma 1": lambda p: _blurred(p, 1),
    "noise sigma 5": lambda p: _noisy(p, 5),
    "64 levels": lambda p: p // 4 * 4,
    "perspective 12 %": lambda p: slanted(p, 0.12, 3),
    "photo of a screen, 5 %": lambda p: photographed(p, 0.05),
    "H.264 CRF 28": _filmed,
    "print-like halftone": _printed,
}


def screenshots(overlay: bytes) -> dict[str, Attack]:
    """Return screenshots of a viewer, whose canvas paints an overlay."""
    return {
        "screenshot at 0.63, JPEG 75": lambda p: jpeg(screenshot(p, 0.63, overlay), 75),
        **{
            f"screenshot at {zoom} of a quarter, JPEG 75": partial(_quarter_shown, zoom=zoom, overlay=overlay)
            for zoom in (0.25, 0.63, 1.0, 2.7)
        },
    }


def _quarter_shown(pixels: Pixels, zoom: float, overlay: bytes) -> Pixels:
    return jpeg(cropped(painted_over(scaled(pixels, zoom), overlay), 0.25), 75)
