"""The same networks in plain PyTorch: reads and writes safetensors by hand, for NetworksInPyTorchTests.

    torch_twins.py read KIND WEIGHTS IMAGES LOGITS    loads WEIGHTS strictly, writes the logits of IMAGES
    torch_twins.py write KIND WEIGHTS IMAGES LOGITS   draws weights, writes them and the logits of IMAGES
"""
import json
import math
import struct
import sys

import torch
from torch import nn
from torch.nn import functional as F

TYPES = {"F32": torch.float32, "I64": torch.int64}


def load(path):
    data = open(path, "rb").read()
    length = struct.unpack("<Q", data[:8])[0]
    header = json.loads(data[8:8 + length])
    metadata = header.pop("__metadata__", {})
    tensors = {}
    for name, entry in header.items():
        begin, end = entry["data_offsets"]
        piece = bytearray(data[8 + length + begin:8 + length + end])
        tensors[name] = torch.frombuffer(piece, dtype=TYPES[entry["dtype"]]).reshape(entry["shape"])
    return tensors, metadata


def save(path, tensors):
    header, body = {}, b""
    names = {kind: name for name, kind in TYPES.items()}
    for name, tensor in tensors.items():
        piece = tensor.detach().contiguous().numpy().tobytes()
        header[name] = {"dtype": names[tensor.dtype], "shape": list(tensor.shape), "data_offsets": [len(body), len(body) + len(piece)]}
        body += piece
    text = json.dumps(header).encode()
    with open(path, "wb") as file:
        file.write(struct.pack("<Q", len(text)) + text + body)


def conv(inputs, outputs, kernel, stride=1):
    return nn.Conv2d(inputs, outputs, kernel, stride, kernel // 2, bias=False)


class Basic(nn.Module):
    def __init__(self, inputs, outputs, stride):
        super().__init__()
        self.conv1, self.bn1 = conv(inputs, outputs, 3, stride), nn.BatchNorm2d(outputs)
        self.conv2, self.bn2 = conv(outputs, outputs, 3), nn.BatchNorm2d(outputs)
        if stride != 1 or inputs != outputs:
            self.shortcut = nn.Sequential(conv(inputs, outputs, 1, stride), nn.BatchNorm2d(outputs))

    def forward(self, x):
        z = self.bn2(self.conv2(F.relu(self.bn1(self.conv1(x)))))
        return F.relu(z + (self.shortcut(x) if hasattr(self, "shortcut") else x))


class Bottleneck(nn.Module):
    def __init__(self, inputs, channels, stride):
        super().__init__()
        outputs = channels * 4
        self.conv1, self.bn1 = conv(inputs, channels, 1), nn.BatchNorm2d(channels)
        self.conv2, self.bn2 = conv(channels, channels, 3, stride), nn.BatchNorm2d(channels)
        self.conv3, self.bn3 = conv(channels, outputs, 1), nn.BatchNorm2d(outputs)
        if stride != 1 or inputs != outputs:
            self.downsample = nn.Sequential(conv(inputs, outputs, 1, stride), nn.BatchNorm2d(outputs))

    def forward(self, x):
        z = F.relu(self.bn1(self.conv1(x)))
        z = self.bn3(self.conv3(F.relu(self.bn2(self.conv2(z)))))
        return F.relu(z + (self.downsample(x) if hasattr(self, "downsample") else x))


class PreAct(nn.Module):
    """The shortcut reads the activated input where shapes change."""

    def __init__(self, inputs, outputs, stride, shortcut):
        super().__init__()
        self.bn1, self.conv1 = nn.BatchNorm2d(inputs), conv(inputs, outputs, 3, stride)
        self.bn2, self.conv2 = nn.BatchNorm2d(outputs), conv(outputs, outputs, 3)
        self.name = shortcut if stride != 1 or inputs != outputs else None
        if self.name == "shortcut":
            self.shortcut = nn.Sequential(conv(inputs, outputs, 1, stride))
        elif self.name:
            self.convShortcut = conv(inputs, outputs, 1, stride)

    def forward(self, x):
        active = F.relu(self.bn1(x))
        z = self.conv2(F.relu(self.bn2(self.conv1(active))))
        return z + (getattr(self, self.name)(active) if self.name else x)


class ResNet18(nn.Module):
    """Stem for small images."""

    def __init__(self, classes, width=8):
        super().__init__()
        self.conv1, self.bn1 = conv(3, width, 3), nn.BatchNorm2d(width)
        inputs = width
        for group in range(4):
            outputs = width << group
            setattr(self, f"layer{group + 1}", nn.Sequential(Basic(inputs, outputs, 2 if group else 1), Basic(outputs, outputs, 1)))
            inputs = outputs
        self.fc = nn.Linear(inputs, classes)

    def forward(self, x):
        z = F.relu(self.bn1(self.conv1(x)))
        return self.fc(self.layer4(self.layer3(self.layer2(self.layer1(z)))).mean((2, 3)))


class ResNet50(nn.Module):
    """torchvision's names, stem for large images."""

    def __init__(self, classes, width=8):
        super().__init__()
        self.conv1 = nn.Conv2d(3, width, 7, 2, 3, bias=False)
        self.bn1 = nn.BatchNorm2d(width)
        inputs = width
        for group, blocks in enumerate((3, 4, 6, 3)):
            channels, layer = width << group, []
            for k in range(blocks):
                layer.append(Bottleneck(inputs, channels, 2 if group and not k else 1))
                inputs = channels * 4
            setattr(self, f"layer{group + 1}", nn.Sequential(*layer))
        self.fc = nn.Linear(inputs, classes)

    def forward(self, x):
        z = F.max_pool2d(F.relu(self.bn1(self.conv1(x))), 3, 2, 1)
        return self.fc(self.layer4(self.layer3(self.layer2(self.layer1(z)))).mean((2, 3)))


class PreActResNet18(nn.Module):
    def __init__(self, classes, width=8):
        super().__init__()
        self.conv1 = conv(3, width, 3)
        inputs = width
        for group in range(4):
            outputs = width << group
            setattr(self, f"layer{group + 1}", nn.Sequential(
                PreAct(inputs, outputs, 2 if group else 1, "shortcut"), PreAct(outputs, outputs, 1, "shortcut")))
            inputs = outputs
        self.bn, self.linear = nn.BatchNorm2d(inputs), nn.Linear(inputs, classes)

    def forward(self, x):
        z = self.layer4(self.layer3(self.layer2(self.layer1(self.conv1(x)))))
        return self.linear(F.relu(self.bn(z)).mean((2, 3)))


class Group(nn.Module):
    def __init__(self, inputs, outputs, blocks, stride):
        super().__init__()
        self.layer = nn.Sequential(*[PreAct(outputs if k else inputs, outputs, 1 if k else stride, "convShortcut") for k in range(blocks)])

    def forward(self, x):
        return self.layer(x)


class WideResNet(nn.Module):
    def __init__(self, classes, depth=16, widen=1):
        super().__init__()
        self.conv1 = conv(3, 16, 3)
        inputs = 16
        for group in range(3):
            outputs = (16 << group) * widen
            setattr(self, f"block{group + 1}", Group(inputs, outputs, (depth - 4) // 6, 2 if group else 1))
            inputs = outputs
        self.bn1, self.fc = nn.BatchNorm2d(inputs), nn.Linear(inputs, classes)

    def forward(self, x):
        z = self.block3(self.block2(self.block1(self.conv1(x))))
        return self.fc(F.relu(self.bn1(z)).mean((2, 3)))


class Unit(nn.Sequential):
    """Convolution, batch norm, SiLU."""

    def __init__(self, inputs, outputs, kernel, stride=1, groups=1, active=True):
        parts = [nn.Conv2d(inputs, outputs, kernel, stride, kernel // 2, groups=groups, bias=False), nn.BatchNorm2d(outputs, eps=1e-3, momentum=0.01)]
        super().__init__(*parts, *([nn.SiLU()] if active else []))


class SqueezeExcitation(nn.Module):
    def __init__(self, channels, squeezed):
        super().__init__()
        self.fc1, self.fc2 = nn.Conv2d(channels, squeezed, 1), nn.Conv2d(squeezed, channels, 1)

    def forward(self, x):
        return x * torch.sigmoid(self.fc2(F.silu(self.fc1(F.adaptive_avg_pool2d(x, 1)))))


class MobileBlock(nn.Module):
    def __init__(self, inputs, outputs, expand, kernel, stride):
        super().__init__()
        wide = inputs * expand
        self.block = nn.Sequential(
            *([Unit(inputs, wide, 1)] if expand != 1 else []), Unit(wide, wide, kernel, stride, groups=wide),
            SqueezeExcitation(wide, max(1, inputs // 4)), Unit(wide, outputs, 1, active=False))
        self.short = stride == 1 and inputs == outputs

    def forward(self, x):
        return self.block(x) + x if self.short else self.block(x)


class EfficientNet(nn.Module):
    """torchvision's names; stochastic depth and dropout do nothing in evaluation."""

    def __init__(self, classes, width=1.0, depth=1.0):
        super().__init__()

        def wide(channels):
            scaled = channels * width
            rounded = max(8, int(scaled + 4) // 8 * 8)
            return rounded + 8 if rounded < 0.9 * scaled else rounded

        inputs, parts = wide(32), [Unit(3, wide(32), 3, 2)]
        for expand, kernel, stride, channels, blocks in (
                (1, 3, 1, 16, 1), (6, 3, 2, 24, 2), (6, 5, 2, 40, 2), (6, 3, 2, 80, 3), (6, 5, 1, 112, 3), (6, 5, 2, 192, 4), (6, 3, 1, 320, 1)):
            stage = []
            for k in range(math.ceil(blocks * depth)):
                stage.append(MobileBlock(inputs, wide(channels), expand, kernel, 1 if k else stride))
                inputs = wide(channels)
            parts.append(nn.Sequential(*stage))
        self.features = nn.Sequential(*parts, Unit(inputs, 4 * inputs, 1))
        self.classifier = nn.Sequential(nn.Dropout(0.2), nn.Linear(4 * inputs, classes))

    def forward(self, x):
        return self.classifier(self.features(x).mean((2, 3)))


class EfficientNetB2(EfficientNet):
    def __init__(self, classes):
        super().__init__(classes, width=1.1, depth=1.2)


KINDS = {"efficientnet-b0": EfficientNet, "efficientnet-b2": EfficientNetB2,
         "resnet18": ResNet18, "resnet50": ResNet50, "preactresnet18": PreActResNet18, "wrn": WideResNet}


def main(mode, kind, weights, images, logits):
    torch.manual_seed(0)
    torch.set_num_threads(1)
    x = load(images)[0]["x"]
    net = KINDS[kind](classes=5).eval()
    if mode == "read":
        tensors, metadata = load(weights)
        net.load_state_dict(tensors, strict=True)
        mean, std = (torch.tensor(json.loads(metadata[name])).reshape(1, -1, 1, 1) for name in ("mean", "std"))
        x = (x - mean) / std
    else:
        for module in net.modules():
            # Library defaults let an image fade on the way to the logits.
            if isinstance(module, (nn.Conv2d, nn.Linear)):
                nn.init.kaiming_normal_(module.weight)
            if isinstance(module, nn.BatchNorm2d):
                module.running_mean.normal_(0, 0.1)
                module.running_var.uniform_(0.5, 1.5)
                nn.init.uniform_(module.weight, 0.5, 1.5)
        save(weights, net.state_dict())
    with torch.no_grad():
        save(logits, {"logits": net(x)})


if __name__ == "__main__":
    main(*sys.argv[1:])
