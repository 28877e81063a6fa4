"""Measures the invisible mark: what it costs, what it does to pictures, and what it outlives, beside others.

Run `OPENBLAS_NUM_THREADS=1 python -m tests.bench.bench_marks [FOLDER] [--long-side N] [--every N]
[--only SUBSTRING] [--peers N]`. With `--peers N`, blind-watermark and invisible-watermark mark N of the
pictures and are read after the same attacks; they are installed in a throw-away environment.
"""

import argparse
import time
from collections.abc import Callable
from pathlib import Path
from statistics import mean, median

import numpy as np
from PIL import Image

from local_server.marks.carrier import Layer, Strength
from local_server.marks.codec import Codec
from local_server.marks.embed import MARGIN, Margin, embed
from local_server.marks.identity import MarkId
from local_server.marks.overlay import overlay_png
from local_server.marks.read import Reading, read
from tests.bench.mark_attacks import ATTACKS, Attack, screenshots
from tests.bench.mark_peers import NAMES, PAYLOAD, Peers
from tests.support.leaks import Pixels, jpeg
from tests.support.likeness import psnr, ssim

SAMPLES = Path(__file__).parents[2] / "resources" / "samples"
CODEC = Codec(bytes(range(32)))
MARK, OTHER, SHOWN = (MarkId.from_text(text) for text in ("7KQ4-M2XD-9F", "B3ZN-8WTE-51", "H6VG-0RCP-Y2"))
ROUNDS = 3


def photographs(folder: Path, long_side: int, every: int) -> dict[str, Pixels]:
    """Return pictures of a folder, shrunk."""
    found = {}
    for path in sorted(
        path for path in folder.rglob("*") if path.suffix.lower() in {".jpg", ".jpeg", ".png"}
    ):
        with Image.open(path) as opened:
            picture = opened.convert("RGB")
        picture.thumbnail((long_side, long_side), Image.Resampling.LANCZOS)
        if min(picture.size) >= 346:
            found[path.stem] = np.asarray(picture)
    return {name: found[name] for name in list(found)[::every]}


def marked(pixels: Pixels, mark: MarkId = MARK) -> Pixels:
    """Return a copy with a mark."""
    return embed(pixels, CODEC.tile(Layer.PIXELS, mark.payload))


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

    def sized(width: int, height: int) -> Pixels:
        repeats = (-(-height // picture.shape[0]), -(-width // picture.shape[1]), 1)
        return np.tile(picture, repeats)[:height, :width].copy()

    screen, full, block = sized(2560, 1707), sized(1920, 1080), sized(544, 544)
    copy = embed(full, tile)
    upside_down = np.ascontiguousarray(copy[::-1, ::-1])
    rows = {
        "embed 2560 x 1707": (lambda: embed(screen, tile), 2560 * 1707),
        "embed a 512 tile with its margin": (lambda: embed(block, tile, (512, 512), around), 512 * 512),
        "read 1920 x 1080": (lambda: read(copy, CODEC), 1920 * 1080),
        "read 1920 x 1080, unmarked": (lambda: read(full, CODEC), 1920 * 1080),
        "search 1920 x 1080, upside down": (lambda: read(upside_down, CODEC, search=True), 1920 * 1080),
        "search 1920 x 1080, unmarked": (lambda: read(full, CODEC, search=True), 1920 * 1080),
    }
    print(f"\n{'cost on one processor':44}{'ms':>9}{'ms/MP':>9}")
    for name, (action, pixels) in rows.items():
        spent = cost(action)
        print(f"{name:44}{spent:9.2f}{1e6 * spent / pixels:9.2f}", flush=True)
    payloads = iter(range(10**6))
    print(f"{'make a tile':44}{cost(lambda: CODEC.tile(Layer.PIXELS, next(payloads))):9.2f}")


def report_likeness(pictures: dict[str, Pixels]) -> None:
    """Print how much the mark changes, at each strength."""
    print(f"\n{'likeness':24}{'PSNR mean':>11}{'worst':>8}{'SSIM mean':>11}{'worst':>8}")
    for strength in Strength:
        tile = CODEC.tile(Layer.PIXELS, MARK.payload)
        pairs = [(pixels, embed(pixels, tile, strength=strength)) for pixels in pictures.values()]
        ratios, similarities = ([measure(*pair) for pair in pairs] for measure in (psnr, ssim))
        print(
            f"{strength.name.lower():24}{mean(ratios):11.2f}{min(ratios):8.2f}"
            f"{mean(similarities):11.4f}{min(similarities):8.4f}",
            flush=True,
        )


def found(pixels: Pixels) -> list[Reading]:
    """Read as `trace` does: search where nothing lies upright at a usual scale."""
    return read(pixels, CODEC) or read(pixels, CODEC, search=True)


def report_attacks(copies: dict[str, Pixels], only: str, peers: Peers | None, compared: int) -> None:
    """Print which attacked copies name whom, by our mark and by others."""
    originals = dict(list(copies.items())[:compared])
    theirs: dict[str, dict[str, Pixels]] = {}
    columns = "".join(f"{name:>22}{'wrong':>7}" for name in NAMES) if peers else ""
    print(f"\n{f'read, of {len(copies)}':44}{'ours':>6}{'wrong':>7}{'agreement':>11}{'ms':>7}{columns}")
    for name in NAMES if peers else ():
        assert peers is not None
        made = {title: peers.embed(name, pixels) for title, pixels in originals.items()}
        theirs[name] = {title: copy for title, (copy, _) in made.items()}
        ratio = mean(psnr(originals[title], copy) for title, copy in theirs[name].items())
        area = sum(pixels[..., 0].size for pixels in originals.values()) / 1e6
        spent = sum(seconds for _, seconds in made.values()) / area
        print(f"{name}: PSNR {ratio:.1f} dB, embeds 1 MP in {spent:.2f} s", flush=True)
    shown = screenshots(overlay_png(CODEC.tile(Layer.OVERLAY, SHOWN.payload)))
    for name, attack in {**ATTACKS, **shown}.items():
        if only in name:
            line = _ours(name, attack, copies)
            for peer, pictures in theirs.items():
                line += _peer(peers, peer, attack, pictures)
            print(line, flush=True)


def _ours(name: str, attack: Attack, pictures: dict[str, Pixels]) -> str:
    right = wrong = 0
    agreements, spent = [], []
    for pixels in pictures.values():
        copy = attack(marked(pixels))
        begin = time.process_time()
        readings = found(copy)
        spent.append(time.process_time() - begin)
        expected = {Layer.PIXELS: MARK, Layer.OVERLAY: SHOWN}
        good = [reading.agreement for reading in readings if reading.mark == expected[reading.layer]]
        wrong += len(readings) - len(good)
        right += bool(good)
        agreements += good
    return f"{name:44}{right:6}{wrong:7}{median(agreements or [0]):11.1f}{1000 * mean(spent):7.0f}"


def _peer(peers: Peers | None, peer: str, attack: Attack, pictures: dict[str, Pixels]) -> str:
    assert peers is not None
    answers = [peers.read(peer, attack(pixels))[0] for pixels in pictures.values()]
    right = sum(answer == PAYLOAD for answer in answers)
    wrong = sum(answer is not None and answer != PAYLOAD for answer in answers)
    return f"{f'{right} of {len(answers)}':>22}{wrong:7}"


def report_several(pictures: dict[str, Pixels]) -> None:
    """Print whether all marks are found where there are two."""
    print(f"\n{'both marks read':44}{'both':>6}{'one':>7}{'wrong':>7}")
    names = list(pictures)
    outcomes: dict[str, list[int]] = {}
    for name, before in zip(names, [names[-1], *names[:-1]], strict=True):
        first, second = marked(pictures[name]), marked(pictures[name], OTHER)
        neighbour = marked(pictures[before], OTHER)
        height, width = (min(sides) for sides in zip(first.shape[:2], neighbour.shape[:2], strict=True))
        average = ((first.astype(np.int16) + second) // 2).astype(np.uint8)
        beside = np.concatenate((first[:height], neighbour[:height]), axis=1)
        halves = np.concatenate(
            (first[:height, : width // 2], neighbour[:height, width // 2 : width]), axis=1
        )
        for kind, pixels in {
            "average of two copies": average,
            "average of two copies, JPEG 75": jpeg(average, 75),
            "collage of two pictures, JPEG 75": jpeg(beside, 75),
            "collage of two halves, JPEG 75": jpeg(halves, 75),
        }.items():
            read_marks = {reading.mark for reading in found(pixels)}
            counts = outcomes.setdefault(kind, [0, 0, 0])
            counts[0] += read_marks == {MARK, OTHER}
            counts[1] += len(read_marks & {MARK, OTHER}) == 1
            counts[2] += len(read_marks - {MARK, OTHER})
    for kind, counts in outcomes.items():
        print(f"{kind:44}{counts[0]:6}{counts[1]:7}{counts[2]:7}", flush=True)


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", nargs="?", type=Path, default=SAMPLES)
    parser.add_argument("--long-side", type=int, default=768)
    parser.add_argument("--every", type=int, default=1, help="take every so-manieth picture")
    parser.add_argument("--only", default="", help="attacks whose name has this in it")
    parser.add_argument("--peers", type=int, default=0, help="pictures that the other marks are tried on")
    chosen = parser.parse_args()
    pictures = photographs(chosen.folder, chosen.long_side, chosen.every)
    if not chosen.only:
        report_cost(next(iter(pictures.values())))
    report_likeness(pictures)
    if chosen.peers:
        with Peers() as peers:
            report_attacks(pictures, chosen.only, peers, chosen.peers)
    else:
        report_attacks(pictures, chosen.only, None, 0)
    report_several(pictures)


if __name__ == "__main__":
    main()
