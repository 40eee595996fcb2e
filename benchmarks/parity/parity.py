"""Carries batches and adversarial images between WebLab's safetensors files and NumPy's .npz, for tools in Python.

usage: parity.py to-npz FILE.safetensors FILE.npz
       parity.py from-npz FILE.npz FILE.safetensors

Needs NumPy alone. Names, shapes and values stay as they are: float32, int64 and bool; float64 becomes float32.
"""
import json
import struct
import sys

import numpy as np

TYPES = {"F32": np.dtype("<f4"), "I64": np.dtype("<i8"), "BOOL": np.dtype("?")}


def read(path):
    with open(path, "rb") as file:
        data = file.read()
    length, = struct.unpack("<Q", data[:8])
    arrays = {}
    for name, entry in json.loads(data[8:8 + length]).items():
        if name == "__metadata__":
            continue
        begin, end = (8 + length + k for k in entry["data_offsets"])
        arrays[name] = np.frombuffer(data[begin:end], TYPES[entry["dtype"]]).reshape(entry["shape"])
    return arrays


def write(path, arrays):
    header, blocks, at = {}, [], 0
    for name, array in sorted(arrays.items(), key=lambda item: -item[1].dtype.itemsize):
        if array.dtype.kind == "f":
            array = array.astype("<f4")
        elif array.dtype.kind in "iu":
            array = array.astype("<i8")
        kind = next((k for k, t in TYPES.items() if t == array.dtype), None)
        if kind is None:
            sys.exit(f"{name}: got {array.dtype}, want floats, integers or bool")
        block = np.ascontiguousarray(array).tobytes()
        header[name] = {"dtype": kind, "shape": list(array.shape), "data_offsets": [at, at + len(block)]}
        blocks.append(block)
        at += len(block)
    text = json.dumps(header).encode()
    text += b" " * (-len(text) % 8)
    with open(path, "wb") as file:
        file.write(struct.pack("<Q", len(text)) + text + b"".join(blocks))


def main():
    if len(sys.argv) != 4 or sys.argv[1] not in ("to-npz", "from-npz"):
        sys.exit(__doc__)
    if sys.argv[1] == "to-npz":
        np.savez(sys.argv[3], **read(sys.argv[2]))
    else:
        write(sys.argv[3], dict(np.load(sys.argv[2], allow_pickle=False)))


main()
