"""Writes cases.txt: what the Python Imaging Library (9.4.0) makes of a few fixed images.

A line is: image, operation, argument, the result's bytes (H x W x 3) in hexadecimal. The images are those of OperationTests.cs.
"""
import sys

from PIL import Image, ImageEnhance, ImageOps

FILL = (128, 128, 128)
IMAGES = {
    "rough": (8, 8, lambda x, y, c: (x * 37 + y * 101 + c * 53 + x * y * 11) % 256),
    "smooth": (9, 13, lambda x, y, c: 40 + x * 9 + y * 5 - c * 7),
    "flat": (4, 4, lambda x, y, c: 90 + c * 30),
    # Enough pixels to be equalised: steps of one and of two or three.
    "few": (20, 15, lambda x, y, c: (x * x + y * 3 + c * 40) % 256),
    "many": (32, 24, lambda x, y, c: (x * y // (c + 2) + 20 * c) % 200),
}


def picture(width, height, level):
    data = bytes(level(x, y, c) for y in range(height) for x in range(width) for c in range(3))
    return Image.frombytes("RGB", (width, height), data)


def affine(image, *matrix):
    return image.transform(image.size, Image.AFFINE, matrix, fillcolor=FILL)


def solarize_add(image, add):
    return image.point([min(255, v + int(add)) if v < 128 else v for v in range(256)] * 3)


OPERATIONS = [
    ("ShearX", lambda i, a: affine(i, 1, a, 0, 0, 1, 0), [0, 0.1, -0.27, 0.3]),
    ("ShearY", lambda i, a: affine(i, 1, 0, 0, a, 1, 0), [0.2, -0.3]),
    ("TranslateX", lambda i, a: affine(i, 1, 0, a, 0, 1, 0), [0, 1.3, -3.625, 14]),
    ("TranslateY", lambda i, a: affine(i, 1, 0, 0, 0, 1, a), [2.9, -1.45]),
    ("Rotate", lambda i, a: i.rotate(a, fillcolor=FILL), [0, 3.3, -20, 30]),
    ("RotateBilinear", lambda i, a: i.rotate(a, resample=Image.BILINEAR, fillcolor=FILL), [3.3, -20]),
    ("Color", lambda i, a: ImageEnhance.Color(i).enhance(a), [0.1, 0.55, 1, 1.9]),
    ("Contrast", lambda i, a: ImageEnhance.Contrast(i).enhance(a), [0.1, 0.55, 1, 1.9]),
    ("Brightness", lambda i, a: ImageEnhance.Brightness(i).enhance(a), [0.1, 0.55, 1, 1.9]),
    ("Sharpness", lambda i, a: ImageEnhance.Sharpness(i).enhance(a), [0.1, 0.55, 1, 1.9]),
    ("AutoContrast", lambda i, a: ImageOps.autocontrast(i), [0]),
    ("Equalize", lambda i, a: ImageOps.equalize(i), [0]),
    ("Posterize", lambda i, a: ImageOps.posterize(i, int(a)), [1, 4, 8]),
    ("Solarize", lambda i, a: ImageOps.solarize(i, a), [0, 76, 113.8, 256]),
    ("SolarizeAdd", solarize_add, [33, 110]),
    ("Invert", lambda i, a: ImageOps.invert(i), [0]),
]

with open(sys.argv[1], "w") as out:
    for name, (width, height, level) in IMAGES.items():
        image = picture(width, height, level)
        for operation, run, arguments in OPERATIONS:
            if name in ("few", "many") and operation not in ("Equalize", "AutoContrast"):
                continue
            for argument in arguments:
                print(name, operation, argument, run(image, argument).tobytes().hex(), file=out)
