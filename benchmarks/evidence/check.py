#!/usr/bin/env python3
"""Recomputes figures of an inspection without WebLab: own safetensors reader, own ResNet-18, plain PyTorch.

usage: check.py CHECKPOINT INSPECTION DATASET
  CHECKPOINT  folder with weights.safetensors and manifest.json of a resnet18
  INSPECTION  folder with inspection.json, inspection.safetensors (lenses banks, attribution-span)
  DATASET     folder of the data set's version, with test.images.bin and test.labels.bin

Clean accuracy through every bank of batch norm and the spans of the main head's clean class maps are compared image by image.
"""
import json
import os
import struct
import sys

import torch
import torch.nn.functional as F

TYPES = {"F32": torch.float32, "F64": torch.float64, "I64": torch.int64, "BOOL": torch.bool}


def safetensors(path):
    with open(path, "rb") as file:
        header = json.loads(file.read(struct.unpack("<q", file.read(8))[0]))
        data = bytearray(file.read())
    header.pop("__metadata__", None)
    read = {}
    for name, entry in header.items():
        begin, end = entry["data_offsets"]
        flat = torch.frombuffer(data[begin:end], dtype=TYPES[entry["dtype"]]) if end > begin else torch.zeros(0, dtype=TYPES[entry["dtype"]])
        read[name] = flat.reshape(entry["shape"])
    return read


class ResNet18:
    """Inference of a CIFAR-stem ResNet-18 from a state dict; bank k > 0 of batch norm is aux_bn.{k-1}; attribution points mask."""

    def __init__(self, weights, shape, strides):
        self.w, self.shape, self.strides = weights, shape, strides

    def norm(self, x, name, bank):
        at = name if bank == 0 else f"{name}.aux_bn.{bank - 1}"
        return F.batch_norm(x, self.w[f"{at}.running_mean"], self.w[f"{at}.running_var"], self.w[f"{at}.weight"], self.w[f"{at}.bias"], False, 0, 1e-5)

    def block(self, x, name, stride, bank):
        z = F.relu(self.norm(F.conv2d(x, self.w[f"{name}.conv1.weight"], stride=stride, padding=1), f"{name}.bn1", bank))
        z = self.norm(F.conv2d(z, self.w[f"{name}.conv2.weight"], padding=1), f"{name}.bn2", bank)
        if f"{name}.shortcut.0.weight" in self.w:
            x = self.norm(F.conv2d(x, self.w[f"{name}.shortcut.0.weight"], stride=stride), f"{name}.shortcut.1", bank)
        return F.relu(z + x)

    def mask(self, x, index):
        if f"aux.{index}.weight" not in self.w:
            return x
        weight = self.w[f"aux.{index}.weight"]
        z = F.linear(x.mean((2, 3)), weight, self.w[f"aux.{index}.bias"])
        return x * weight[z.argmax(1)][:, :, None, None]

    def pooled(self, x, bank=0):
        """The map that the main head pools, N x C x h x w."""
        if self.shape.get("mean"):
            x = (x - torch.tensor(self.shape["mean"]).view(1, -1, 1, 1)) / torch.tensor(self.shape["std"]).view(1, -1, 1, 1)
        x = F.relu(self.norm(F.conv2d(x, self.w["conv1.weight"], padding=1), "bn1", bank))
        heads = self.shape.get("heads") or 0
        for group in range(4):
            for k in range(2):
                x = self.block(x, f"layer{group + 1}.{k}", self.strides[group] if k == 0 else 1, bank)
                place = heads - (2 - k)
                if group == 3 and place >= 0:
                    x = self.mask(x, place)
        return x

    def logits(self, pooled):
        return F.linear(pooled.mean((2, 3)), self.w["fc.weight"], self.w["fc.bias"])


def spans(maps, side):
    """S(0.5), mean heat, participation, entropy of N maps, after they are enlarged to side x side."""
    heat = F.interpolate(maps[:, None], size=(side, side), mode="bilinear", align_corners=False)[:, 0].clamp_min(0).flatten(1)
    heat = heat / heat.max(1, keepdim=True).values.clamp_min(1e-30)
    share = heat / heat.sum(1, keepdim=True).clamp_min(1e-30)
    entropy = torch.exp(-(share * share.clamp_min(1e-30).log()).sum(1)) / heat.shape[1]
    return {
        "half": (heat >= 0.5).float().mean(1),
        "mean": heat.mean(1),
        "participation": heat.sum(1) ** 2 / ((heat**2).sum(1).clamp_min(1e-30) * heat.shape[1]),
        "entropy": torch.where(heat.sum(1) > 0, entropy, torch.zeros(())),
    }


def main(checkpoint, inspection, dataset):
    manifest = json.load(open(f"{checkpoint}/manifest.json"))
    found = json.load(open(f"{inspection}/inspection.json"))["findings"]
    columns = safetensors(f"{inspection}/inspection.safetensors")
    about = json.load(open(f"{dataset}/manifest.json"))["shape"]
    size = about["channels"] * about["height"] * about["width"]
    index = columns["index"]
    count = os.path.getsize(f"{dataset}/test.images.bin") // size
    images = torch.from_file(f"{dataset}/test.images.bin", size=count * size, dtype=torch.uint8)
    x = images.reshape(count, about["channels"], about["height"], about["width"])[index].float() / 255
    y = torch.from_file(f"{dataset}/test.labels.bin", size=count, dtype=torch.int16)[index].long()

    net = ResNet18(safetensors(f"{checkpoint}/weights.safetensors"), manifest["shape"], manifest["model"].get("strides", [1, 2, 2, 2]))
    print(f"{checkpoint.rstrip('/')}: {len(y)} images, torch {torch.__version__}")
    with torch.no_grad():
        maps = [torch.cat([net.pooled(part, bank) for part in x.split(250)]) for bank in range(manifest["shape"].get("banks", 1))]
        names = ["main"] + [f"auxiliary {k}" for k in range(1, len(maps))]
        for name, route, pooled in zip(names, found["banks"]["routes"], maps):
            predicted = net.logits(pooled).argmax(1)
            right = int((predicted == y).sum())
            differ = int((predicted != columns[f"banks.{name}.predicted"]).sum())
            print(f"  {name:12} clean accuracy {right / len(y):.4f}, WebLab {route['clean']['accuracy']:.4f}; other class on {differ} images")
        if manifest["shape"].get("generators"):
            return
        right = net.logits(maps[0]).argmax(1) == y
        assert torch.equal(right, columns["span.right"]), "other images are right"
        a, k = maps[0][right], y[right]
        classmaps = (a * net.w["fc.weight"][k][:, :, None, None]).sum(1)
        summary = found["attribution-span"]["maps"][0]["clean"]
        for name, values in spans(classmaps, about["height"]).items():
            ours, theirs = values.double(), columns[f"span.main.clean.{name}"]
            print(f"  {name:13} mean {ours.mean():.6f}, WebLab {summary[name]['mean']:.6f}; largest difference of one image {(ours - theirs).abs().max():.1e}")


if __name__ == "__main__":
    if len(sys.argv) != 4:
        sys.exit(__doc__)
    main(*sys.argv[1:])
