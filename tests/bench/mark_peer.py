"""Embeds and reads with other people's invisible marks; runs under the Python of their own environment.

One JSON object a line comes in and goes out. It knows nothing of this project.
"""

# mypy: ignore-errors
import json
import sys
import time
import types

# invisible-watermark imports torch for a method that is not asked for here.
sys.modules["torch"] = types.ModuleType("torch")

import cv2  # noqa: E402 (after the stand-in for torch)
import numpy as np  # noqa: E402
from blind_watermark import WaterMark, bw_notes  # noqa: E402
from imwatermark import WatermarkDecoder, WatermarkEncoder  # noqa: E402

bw_notes.close()


def _blind_embed(image, bits):
    marker = WaterMark(password_wm=1, password_img=1)
    marker.read_img(img=image)
    marker.read_wm(bits, mode="bit")
    return np.clip(marker.embed(), 0, 255).astype(np.uint8)


def _blind_read(image, count):
    found = WaterMark(password_wm=1, password_img=1).extract(embed_img=image, wm_shape=count, mode="bit")
    return [int(bit > 0.5) for bit in found]


def _invisible_embed(image, bits):
    encoder = WatermarkEncoder()
    encoder.set_watermark("bits", bits)
    return encoder.encode(image, "dwtDctSvd")


def _invisible_read(image, count):
    return [int(bit) for bit in WatermarkDecoder("bits", count).decode(image, "dwtDctSvd")]


PEERS = {
    "blind-watermark": (_blind_embed, _blind_read),
    "invisible-watermark": (_invisible_embed, _invisible_read),
}


def main():
    """Answer until the input ends."""
    for line in sys.stdin:
        asked = json.loads(line)
        embed, read = PEERS[asked["peer"]]
        image = cv2.imread(asked["source"])
        begin = time.process_time()
        answer = {}
        if "target" in asked:
            cv2.imwrite(asked["target"], embed(image, asked["bits"]))
        else:
            try:
                answer["bits"] = read(image, asked["count"])
            except Exception as error:  # noqa: BLE001 (whatever they raise on a picture, it is not read)
                answer["error"] = repr(error)
        answer["seconds"] = time.process_time() - begin
        print(json.dumps(answer), flush=True)


if __name__ == "__main__":
    main()
