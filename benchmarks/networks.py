"""The networks of the benchmarks as plain PyTorch modules, ten classes; their state dicts have the names of `weblab export`."""
import torch.nn as nn
import torch.nn.functional as F


class Block(nn.Module):
    def __init__(self, inputs, channels, stride):
        super().__init__()
        self.conv1 = nn.Conv2d(inputs, channels, 3, stride, 1, bias=False)
        self.bn1 = nn.BatchNorm2d(channels)
        self.conv2 = nn.Conv2d(channels, channels, 3, 1, 1, bias=False)
        self.bn2 = nn.BatchNorm2d(channels)
        self.shortcut = nn.Sequential()
        if stride != 1 or inputs != channels:
            self.shortcut = nn.Sequential(nn.Conv2d(inputs, channels, 1, stride, bias=False), nn.BatchNorm2d(channels))

    def forward(self, x):
        z = F.relu(self.bn1(self.conv1(x)))
        return F.relu(self.bn2(self.conv2(z)) + self.shortcut(x))


class ResNet18(nn.Module):
    def __init__(self, width):
        super().__init__()
        self.conv1, self.bn1 = nn.Conv2d(3, width, 3, 1, 1, bias=False), nn.BatchNorm2d(width)
        inputs = width
        for group in range(4):
            blocks = []
            for k in range(2):
                blocks.append(Block(inputs, width << group, 2 if group > 0 and k == 0 else 1))
                inputs = width << group
            setattr(self, f"layer{group + 1}", nn.Sequential(*blocks))
        self.fc = nn.Linear(inputs, 10)

    def forward(self, x):
        x = F.relu(self.bn1(self.conv1(x)))
        x = self.layer4(self.layer3(self.layer2(self.layer1(x))))
        return self.fc(x.mean((2, 3)))


class SmallCnn(nn.Module):
    def __init__(self):
        super().__init__()
        inputs = 3
        for k, channels in enumerate((64, 128, 196), 1):
            setattr(self, f"block{k}_conv1", nn.Conv2d(inputs, channels, 3, padding=1))
            setattr(self, f"block{k}_conv2", nn.Conv2d(channels, channels, 3, padding=1))
            setattr(self, f"batchnorm{k}_1", nn.BatchNorm2d(channels))
            setattr(self, f"batchnorm{k}_2", nn.BatchNorm2d(channels))
            inputs = channels
        self.fc1, self.fc2 = nn.Linear(196 * 16, 256), nn.Linear(256, 10)

    def forward(self, x):
        for k in (1, 2, 3):
            x = F.relu(getattr(self, f"batchnorm{k}_1")(getattr(self, f"block{k}_conv1")(x)))
            x = F.relu(getattr(self, f"batchnorm{k}_2")(getattr(self, f"block{k}_conv2")(x)))
            x = F.max_pool2d(x, 2)
        return self.fc2(F.relu(self.fc1(x.flatten(1))))
