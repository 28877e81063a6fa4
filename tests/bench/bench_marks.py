"""Measures the invisible mark: what it costs, what it does to pictures, and what it outlives.

Run `OPENBLAS_NUM_THREADS=1 python -m tests.bench.bench_marks [FOLDER] [--long-side N] [--only SUBSTRING]`.
"""

import argparse
import io
import time
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from statistics import mean, median

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageFilter

from local_server.marks.carrier import Layer
from local_server.marks.codec import Codec
from local_server.marks.embed import MARGIN, Margin, embed
from local_server.marks.identity import MarkId
from local_server.marks.overlay import overlay_png
from local_server.marks.read import read
from tests.support.leaks import Pixels, cropped, jpeg, scaled, screenshot
from tests.support.likeness import psnr, ssim

SAMPLES = Path(__file__).parents[2] / "resources" / "samples"
CODEC = Codec(bytes(range(32)))
MARK = MarkId.from_text("7KQ4-M2XD-9F")
SHOWN = MarkId.from_text("0VER-0VER-0V")
ROUNDS = 9


def filtered(pixels: Pixels, sigma: float) -> Pixels:
    """Blur."""
    return np.asarray(Image.fromarray(pixels).filter(ImageFilter.GaussianBlur(sigma)))


def noisy(pixels: Pixels, sigma: float) -> Pixels:
    """Add noise."""
    noise = np.random.default_rng(1).normal(0, sigma, pixels.shape)
    return np.clip(pixels + noise, 0, 255).astype(np.uint8)


def curved(pixels: Pixels, gamma: float) -> Pixels:
    """Bend the tone curve."""
    return np.rint(255 * (pixels / 255) ** gamma).astype(np.uint8)


def packed(pixels: Pixels, kind: str, quality: int) -> Pixels:
    """Save in another lossy format and open again."""
    target = io.BytesIO()
    Image.fromarray(pixels).save(target, kind, quality=quality)
    with Image.open(target) as opened:
        return np.asarray(opened.convert("RGB"))


def shot(zoom: float) -> Callable[[Pixels], Pixels]:
    """Return what takes a screenshot."""
    overlay = overlay_png(CODEC.tile(Layer.OVERLAY, SHOWN.payload))
    return lambda pixels: screenshot(pixels, zoom, overlay)


# What happens, and the scales a reader who holds the picture's size would try.
LEAKS: dict[str, tuple[Callable[[Pixels], Pixels], Sequence[float]]] = {
    "untouched": (lambda p: p, ()),
    **{f"JPEG {q}": (partial(jpeg, quality=q), ()) for q in (90, 75, 50, 30, 20, 10)},
    "WebP 75": (lambda p: packed(p, "WEBP", 75), ()),
    "AVIF 50": (lambda p: packed(p, "AVIF", 50), ()),
    **{f"scaled to {s}": (partial(scaled, scale=s), (s,)) for s in (0.4, 0.5, 0.75, 1.5, 2.0)},
    **{f"crop to {round(100 * a)} %": (partial(cropped, area=a), ()) for a in (0.5, 0.25, 0.1)},
    "crop to 256 x 256, JPEG 75": (lambda p: jpeg(p[90:346, 60:316], 75), ()),
    "crop to 25 %, JPEG 50": (lambda p: jpeg(cropped(p, 0.25), 50), ()),
    "brightness + 20 %": (lambda p: np.clip(p * 1.2, 0, 255).astype(np.uint8), ()),
    "brightness - 20 %": (lambda p: (p * 0.8).astype(np.uint8), ()),
    "gamma 0.8": (lambda p: curved(p, 0.8), ()),
    "gamma 1.2": (lambda p: curved(p, 1.2), ()),
    "blur sigma 1": (lambda p: filtered(p, 1), ()),
    "noise sigma 5": (lambda p: noisy(p, 5), ()),
    "64 levels": (lambda p: p // 4 * 4, ()),
    "screenshot at 0.63, JPEG 75": (lambda p: jpeg(shot(0.63)(p), 75), (0.63,)),
    "screenshot at 0.37": (shot(0.37), (0.37,)),
    "screenshot at 1.0, JPEG 75": (lambda p: jpeg(shot(1.0)(p), 75), ()),
    "screenshot at 2.4, JPEG 75": (lambda p: jpeg(shot(2.4)(p), 75), (2.4,)),
}


def photographs(folder: Path, long_side: int) -> dict[str, Pixels]:
    """Return the pictures of a folder, shrunk."""
    found = {}
    for path in sorted(
        path for path in folder.rglob("*") if path.suffix.lower() in {".jpg", ".jpeg", ".png"}
    ):
        with Image.open(path) as opened:
            picture = opened.convert("RGB")
        picture.thumbnail((long_side, long_side), Image.Resampling.LANCZOS)
        if min(picture.size) >= 346:
            found[path.name] = np.asarray(picture)
    return found


def cost(action: Callable[[], object]) -> float:
    """Return the processor time of an action in ms: the least of some rounds after a first one."""
    action()
    spent = []
    for _ in range(ROUNDS):
        begin = time.process_time()
        action()
        spent.append(time.process_time() - begin)
    return 1000 * min(spent)


def report_cost(picture: Pixels) -> None:
    """Print what embedding and reading cost on one processor."""
    tile = CODEC.tile(Layer.PIXELS, MARK.payload)
    around = Margin(MARGIN, MARGIN, MARGIN, MARGIN)

    def sized(width: int, height: int) -> NDArray[np.uint8]:
        repeats = (-(-height // picture.shape[0]), -(-width // picture.shape[1]), 1)
        return np.tile(picture, repeats)[:height, :width].copy()

    screen, full, thumbnail, block = sized(2560, 1707), sized(1920, 1080), sized(512, 340), sized(544, 544)
    marked = embed(full, tile)
    rows = {
        "embed 2560 x 1707": (cost(lambda: embed(screen, tile)), 2560 * 1707),
        "embed 1920 x 1080": (cost(lambda: embed(full, tile)), 1920 * 1080),
        "embed 512 x 340": (cost(lambda: embed(thumbnail, tile)), 512 * 340),
        "embed a 512 tile with its margin": (cost(lambda: embed(block, tile, (512, 512), around)), 512 * 512),
        "read 1920 x 1080, marked": (cost(lambda: read(marked, CODEC)), 1920 * 1080),
        "read 1920 x 1080, unmarked": (cost(lambda: read(full, CODEC)), 1920 * 1080),
    }
    print(f"\n{'cost on one processor':44}{'ms':>9}{'ms/MP':>9}")
    for name, (spent, pixels) in rows.items():
        print(f"{name:44}{spent:9.2f}{1e6 * spent / pixels:9.2f}")
    payloads = iter(range(10**6))
    print(f"{'make a codec from a key':44}{cost(lambda: Codec(bytes(range(32)))):9.2f}")
    print(f"{'make a tile':44}{cost(lambda: CODEC.tile(Layer.PIXELS, next(payloads))):9.2f}")


def report_likeness(pictures: dict[str, Pixels], marked: dict[str, Pixels]) -> None:
    """Print how much the mark changes."""
    noise_ratios = {name: psnr(pictures[name], marked[name]) for name in pictures}
    similarities = {name: ssim(pictures[name], marked[name]) for name in pictures}
    print(f"\n{'likeness':44}{'mean':>9}{'worst':>9}")
    for name, values in (("PSNR, dB", noise_ratios), ("SSIM", similarities)):
        worst = min(values, key=values.__getitem__)
        print(f"{name:44}{mean(values.values()):9.4f}{values[worst]:9.4f}  {worst}")


def report_leaks(marked: dict[str, Pixels], only: str) -> None:
    """Print which leaked copies name whom."""
    print(f"\n{f'leaked copies of {len(marked)}':44}{'pixels':>9}{'overlay':>9}{'wrong':>9}{'agreement':>12}")
    for name, (leak, scales) in LEAKS.items():
        if only not in name:
            continue
        right = {Layer.PIXELS: 0, Layer.OVERLAY: 0}
        wrong = 0
        agreements = []
        for pixels in marked.values():
            for reading in read(leak(pixels), CODEC, scales):
                if reading.mark == (MARK if reading.layer is Layer.PIXELS else SHOWN):
                    right[reading.layer] += 1
                    agreements.append(reading.agreement)
                else:
                    wrong += 1
        overlay = right[Layer.OVERLAY] if name.startswith("screenshot") else "-"
        typical = median(agreements) if agreements else 0
        print(f"{name:44}{right[Layer.PIXELS]:9}{overlay:>9}{wrong:9}{typical:12.1f}", flush=True)


def report_unmarked(pictures: dict[str, Pixels], crops: int) -> None:
    """Print how many marks are seen where none are."""
    generator = np.random.default_rng(2)
    names = list(pictures)
    seen = 0
    for count in range(crops):
        pixels = pictures[names[count % len(names)]]
        height, width = generator.integers(64, 346, 2)
        top = generator.integers(0, pixels.shape[0] - height + 1)
        left = generator.integers(0, pixels.shape[1] - width + 1)
        seen += bool(read(pixels[top : top + height, left : left + width], CODEC))
    print(f"\n{f'marks read in {crops} unmarked crops':44}{seen:9}")


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", nargs="?", type=Path, default=SAMPLES)
    parser.add_argument("--long-side", type=int, default=768)
    parser.add_argument("--only", default="", help="leaks whose name has this in it")
    parser.add_argument("--crops", type=int, default=1000)
    chosen = parser.parse_args()
    pictures = photographs(chosen.folder, chosen.long_side)
    tile = CODEC.tile(Layer.PIXELS, MARK.payload)
    marked = {name: embed(pixels, tile) for name, pixels in pictures.items()}
    report_cost(next(iter(pictures.values())))
    report_likeness(pictures, marked)
    report_leaks(marked, chosen.only)
    report_unmarked(pictures, chosen.crops)


if __name__ == "__main__":
    main()
