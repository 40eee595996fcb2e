#!/usr/bin/python3
"""What the libraries behind CIFAR-10-C and ImageNet-C make of two made images.

Needs numpy, scipy, scikit-image 0.19, OpenCV and Pillow (Debian 12: python3-skimage python3-opencv python3-pil). Writes beside itself
  cifar.png     2 images of 32 x 32, the 8 corruptions without chance: a row each, a column for each severity
  means.txt     the same of one image of 64 x 64 and one of 224 x 224: means of 4 x 4 blocks
  random.txt    of the others but frost, motion blur and snow: root mean square change in grey levels over many draws
"""
import io
import os
import warnings

import cv2
import numpy as np
from PIL import Image
from scipy.ndimage import map_coordinates, zoom
from skimage.color import hsv2rgb, rgb2hsv
from skimage.filters import gaussian
from skimage.util import random_noise

warnings.simplefilter("ignore")
HERE = os.path.dirname(os.path.abspath(__file__))


def made(n, variant):
    """n x n x 3 bytes by whole numbers alone, so that the tests make the same: slopes, stripes, a disk, white, black, grain."""
    image = np.zeros((n, n, 3), np.uint8)
    for y in range(n):
        for x in range(n):
            for c in range(3):
                (u, v) = (y, x) if variant else (x, y)
                level = 255 * (u * (c + 1) + v * (3 - c)) // (4 * (n - 1))
                if v * 8 // n in (3, 5):
                    level = 255 - level
                if 9 * ((u * 3 - 2 * n) ** 2 + (v * 3 - n) ** 2) < 5 * n * n:
                    level = (230, 90, 40)[(c + variant) % 3]
                level += (u * 7919 + v * 104729 + c * 1299709 + u * v * 31) % 41 - 20
                if u < n // 4 and v < n // 4:
                    level = 255
                if u >= 3 * n // 4 and v >= 3 * n // 4:
                    level = 0
                image[y, x, c] = min(255, max(0, level))
    return image


def smooth(x, sigma):
    return gaussian(x, sigma=sigma, multichannel=x.ndim == 3)


def kernel(radius, sigma):
    reach, side = (8, 3) if radius <= 8 else (int(radius), 5)
    y, x = np.mgrid[-reach : reach + 1, -reach : reach + 1]
    disk = (x * x + y * y <= radius * radius).astype(np.float32)
    return cv2.GaussianBlur(disk / disk.sum(), (side, side), sigmaX=sigma)


def middle(x, by):
    n = x.shape[0]
    size = int(np.ceil(n / by))
    at = (n - size) // 2
    grown = zoom(x[at : at + size, at : at + size], (by, by, 1), order=1)
    trim = (grown.shape[0] - n) // 2
    return grown[trim : trim + n, trim : trim + n]


def plasma(n, decay):
    """Independent of the product's: by index arithmetic on whole grids."""
    heights, step, wibble = np.zeros((n, n)), n, 100.0
    while step >= 2:
        half = step // 2
        for (top, left), near in (((half, half), [(-half, -half), (-half, half), (half, -half), (half, half)]),
                                  ((0, half), [(-half, 0), (half, 0), (0, -half), (0, half)]),
                                  ((half, 0), [(-half, 0), (half, 0), (0, -half), (0, half)])):
            y, x = np.meshgrid(np.arange(top, n, step), np.arange(left, n, step), indexing="ij")
            mean = sum(heights[(y + dy) % n, (x + dx) % n] for dy, dx in near) / 4
            heights[y, x] = mean + wibble * np.random.uniform(-wibble, wibble, y.shape)
        step, wibble = half, wibble / decay
    heights -= heights.min()
    return heights / heights.max()


def glass(x, sigma, reach, rounds):
    n = x.shape[0]
    b = (smooth(x, sigma) * 255).astype(np.uint8)
    for _ in range(rounds):
        for y in range(n - reach, reach, -1):
            for c in range(n - reach, reach, -1):
                dx, dy = np.random.randint(-reach, reach, 2)
                b[y, c] = b[y + dy, c + dx]
    return smooth(b / 255.0, sigma)


def elastic(x, size, sigma, jitter):
    x = x.astype(np.float32)
    n = x.shape[0]
    m, s = n // 2, n // 3
    points = np.float32([[m + s, m + s], [m + s, m - s], [m - s, m - s]])
    moved = points + np.random.uniform(-jitter, jitter, points.shape).astype(np.float32)
    x = cv2.warpAffine(x, cv2.getAffineTransform(points, moved), (n, n), borderMode=cv2.BORDER_REFLECT_101)
    dx, dy = (gaussian(np.random.uniform(-1, 1, (n, n)), sigma, mode="reflect", truncate=3) * size for _ in range(2))
    y, c = np.mgrid[0:n, 0:n]
    return np.stack([map_coordinates(x[..., k], [y + dy, c + dx], order=1, mode="reflect") for k in range(3)], 2)


def spatter(x, mean, deviation, sigma, least, strength, mud):
    x = x.astype(np.float32)
    drops = smooth(np.random.normal(mean, deviation, x.shape[:2]), sigma)
    drops[drops < least] = 0
    if mud:
        m = smooth((drops > least).astype(np.float32), strength)
        m[m < 0.8] = 0
        return x * (1 - m[..., None]) + m[..., None] * np.float32([63, 42, 20]) / 255
    layer = (drops * 255).astype(np.uint8)
    d = cv2.distanceTransform(255 - cv2.Canny(layer, 50, 150), cv2.DIST_L2, 5)
    d = cv2.equalizeHist(cv2.blur(np.minimum(d, 20), (3, 3)).astype(np.uint8))
    d = cv2.blur(cv2.filter2D(d, cv2.CV_8U, np.array([[-2, -1, 0], [-1, 1, 1], [0, 1, 2]])), (3, 3)).astype(np.float32)
    m = layer * d
    return x if m.max() == 0 else x + (m / m.max() * strength)[..., None] * np.float32([175, 238, 238]) / 255


def shifted(x, channel, change):
    hsv = rgb2hsv(x)
    hsv[..., channel] = np.clip(change(hsv[..., channel]), 0, 1)
    return hsv2rgb(hsv)


def zoomed(x, step, count):
    x = x.astype(np.float32)
    return (x + sum(middle(x, 1 + k * step) for k in range(count))) / (count + 1)


def jpeg(b, quality):
    file = io.BytesIO()
    Image.fromarray(b).save(file, "JPEG", quality=quality)
    return np.array(Image.open(file))


def boxed(b, scale):
    n = b.shape[0]
    side = int(n * scale)
    return np.array(Image.fromarray(b).resize((side, side), Image.BOX).resize((n, n), Image.BOX))


SURE = {
    "defocus-blur": (lambda x, r, s: np.stack([cv2.filter2D(x[..., c], -1, kernel(r, s)) for c in range(3)], 2), {
        32: [(.3, .4), (.4, .5), (.5, .6), (1, .2), (1.5, .1)], 64: [(.5, .6), (1, .1), (1.5, .1), (2.5, .01), (3, .1)],
        224: [(3, .1), (4, .5), (6, .5), (8, .5), (10, .5)]}),
    "zoom-blur": (zoomed, {
        32: [(.01, 7), (.01, 12), (.01, 16), (.01, 21), (.01, 26)], 64: [(.01, 7), (.01, 12), (.01, 16), (.01, 21), (.01, 26)],
        224: [(.01, 12), (.01, 16), (.02, 11), (.02, 13), (.03, 11)]}),
    "brightness": (lambda x, d: shifted(x, 2, lambda v: v + d), {
        32: [(.05,), (.1,), (.15,), (.2,), (.3,)], 64: [(.1,), (.2,), (.3,), (.4,), (.5,)], 224: [(.1,), (.2,), (.3,), (.4,), (.5,)]}),
    "contrast": (lambda x, f: (x - x.mean((0, 1))) * f + x.mean((0, 1)), {
        32: [(.75,), (.5,), (.4,), (.3,), (.15,)], 64: [(.4,), (.3,), (.2,), (.1,), (.05,)], 224: [(.4,), (.3,), (.2,), (.1,), (.05,)]}),
    "pixelate": (boxed, {
        32: [(.95,), (.9,), (.85,), (.75,), (.65,)], 64: [(.9,), (.8,), (.7,), (.6,), (.5,)], 224: [(.6,), (.5,), (.4,), (.3,), (.25,)]}),
    "jpeg-compression": (jpeg, {
        32: [(80,), (65,), (58,), (50,), (40,)], 64: [(65,), (58,), (50,), (40,), (25,)], 224: [(25,), (18,), (15,), (10,), (7,)]}),
    "gaussian-blur": (smooth, {
        32: [(.4,), (.6,), (.7,), (.8,), (1,)], 64: [(.5,), (.75,), (1,), (1.25,), (1.5,)], 224: [(1,), (2,), (3,), (4,), (6,)]}),
    "saturate": (lambda x, f, a: shifted(x, 1, lambda s: s * f + a), {
        32: [(.3, 0), (.1, 0), (1.5, 0), (2, .1), (2.5, .2)], 64: [(.3, 0), (.1, 0), (2, 0), (5, .1), (30, .2)],
        224: [(.3, 0), (.1, 0), (2, 0), (5, .1), (20, .2)]}),
}

CHANCE = {
    "gaussian-noise": (lambda x, s: x + np.random.normal(0, s, x.shape), {
        32: [.04, .06, .08, .09, .10], 224: [.08, .12, .18, .26, .38]}),
    "shot-noise": (lambda x, c: np.random.poisson(x * c) / c, {32: [500, 250, 100, 75, 50], 224: [60, 25, 12, 5, 3]}),
    "impulse-noise": (lambda x, p: random_noise(x, mode="s&p", amount=p), {32: [.01, .02, .03, .05, .07], 224: [.03, .06, .09, .17, .27]}),
    "speckle-noise": (lambda x, s: x + x * np.random.normal(0, s, x.shape), {32: [.06, .1, .12, .16, .2], 224: [.15, .2, .35, .45, .6]}),
    "glass-blur": (glass, {
        32: [(.05, 1, 1), (.25, 1, 1), (.4, 1, 1), (.25, 1, 2), (.4, 1, 2)],
        224: [(.7, 1, 2), (.9, 2, 1), (1, 2, 3), (1.1, 3, 2), (1.5, 4, 2)]}),
    "fog": (lambda x, a, d: (x + a * plasma(32 if len(x) == 32 else 256, d)[: len(x), : len(x), None]) * x.max() / (x.max() + a), {
        32: [(.2, 3), (.5, 3), (.75, 2.5), (1, 2), (1.5, 1.75)], 224: [(1.5, 2), (2, 2), (2.5, 1.7), (2.5, 1.5), (3, 1.4)]}),
    "elastic-transform": (elastic, {
        32: [(0, 0, 2.56), (1.6, 6.4, 2.24), (2.56, 1.92, 1.92), (3.2, 1.28, 1.6), (3.2, .96, .96)],
        224: [(488, 170.8, 24.4), (488, 19.52, 48.8), (12.2, 2.44, 4.88), (17.08, 2.44, 4.88), (29.28, 2.44, 4.88)]}),
    "spatter": (spatter, {
        32: [(.62, .1, .7, .7, .5, 0), (.65, .1, .8, .7, .5, 0), (.65, .3, 1, .69, .5, 0), (.65, .1, .7, .69, .6, 1), (.65, .1, .5, .68, .6, 1)],
        224: [(.65, .3, 4, .69, .6, 0), (.65, .3, 3, .68, .6, 0), (.65, .3, 2, .68, .5, 0), (.65, .3, 1, .65, 1.5, 1), (.67, .4, 1, .65, 1.5, 1)]}),
}


def cut(x):
    return np.uint8(np.clip(x, 0, 1) * 255)


def sure(image, kind, severity):
    change, numbers = SURE[kind]
    numbers = numbers[len(image)][severity]
    return change(image, *numbers) if kind in ("pixelate", "jpeg-compression") else cut(change(image / 255.0, *numbers))


def sheet(images, name):
    rows = [np.concatenate([sure(i, kind, s) for s in range(5)], 1) for i in images for kind in SURE]
    Image.fromarray(np.concatenate(rows, 0)).save(os.path.join(HERE, name), optimize=True)


sheet([made(32, 0), made(32, 1)], "cifar.png")
with open(os.path.join(HERE, "means.txt"), "w") as out:
    for n in (64, 224):
        image = made(n, 0)
        for kind in SURE:
            for s in range(5):
                means = sure(image, kind, s).astype(float).reshape(4, n // 4, 4, n // 4, 3).mean((1, 3)).ravel()
                out.write(f"{n} {kind} {s + 1} {' '.join(f'{m:.2f}' for m in means)}\n")
np.random.seed(1)
with open(os.path.join(HERE, "random.txt"), "w") as out:
    for n, draws in ((32, 400), (224, 12)):
        image = made(n, 0)
        for kind, (change, numbers) in CHANCE.items():
            line = []
            for s in range(5):
                own = numbers[n][s] if isinstance(numbers[n][s], tuple) else (numbers[n][s],)
                times = 100 if n == 224 and kind in ("fog", "elastic-transform", "spatter") else draws
                squares = [((cut(change(image / 255.0, *own)).astype(float) - image) ** 2).mean() for _ in range(times)]
                line.append(f"{np.sqrt(np.mean(squares)):.2f}")
            out.write(f"{n} {kind} {' '.join(line)}\n")
