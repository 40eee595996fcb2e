"""The training step that `weblab bench step` compares itself with, written plainly on PyTorch.

usage: reference.py METHOD PRECISION BATCH WIDTH THREADS [DEVICE]

Builds ResNet-18 (CIFAR stem) and SGD, then takes one step for every line on standard input and answers with its
seconds and its processor seconds. METHOD is standard or pgd-at (Madry et al. 2018: 10 steps of 2/255 in a ball of 8/255, network in eval mode
while attacking); PRECISION is fp32 or bf16 (autocast).
On a GPU fp32 is fp32 (no TF32), the layout is channels-last, kernels are chosen by cuDNN's own benchmark.
"""
import os
import sys
import time

import torch
import torch.nn.functional as F

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), ".."))
from networks import ResNet18


def pgd(net, x, y, autocast, eps=8 / 255, size=2 / 255, steps=10):
    net.eval()
    adversarial = (x + torch.empty_like(x).uniform_(-eps, eps)).clamp(0, 1)
    for _ in range(steps):
        adversarial.requires_grad_()
        with autocast():
            loss = F.cross_entropy(net(adversarial), y)
        gradient, = torch.autograd.grad(loss, adversarial)
        adversarial = adversarial.detach() + size * gradient.sign()
        adversarial = torch.min(torch.max(adversarial, x - eps), x + eps).clamp(0, 1)
    net.train()
    return adversarial


def main():
    method, precision, batch, width, threads = sys.argv[1], sys.argv[2], *map(int, sys.argv[3:6])
    device = sys.argv[6] if len(sys.argv) > 6 else "cpu"
    torch.set_num_threads(threads)
    torch.backends.cudnn.allow_tf32 = False
    torch.backends.cudnn.benchmark = True
    torch.manual_seed(0)
    layout = torch.contiguous_format if device == "cpu" else torch.channels_last
    net = ResNet18(width).to(device, memory_format=layout)
    optimizer = torch.optim.SGD(net.parameters(), lr=0.1, momentum=0.9, weight_decay=5e-4)
    x = torch.rand(batch, 3, 32, 32).to(device, memory_format=layout)
    y = torch.randint(0, 10, (batch,)).to(device)

    def autocast():
        return torch.autocast(device, dtype=torch.bfloat16, enabled=precision == "bf16")

    print(torch.__version__, flush=True)
    for _ in sys.stdin:
        start, spent = time.perf_counter(), time.process_time()
        inputs = pgd(net, x, y, autocast) if method == "pgd-at" else x
        with autocast():
            logits = net(inputs)
            loss = F.cross_entropy(logits, y)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        loss.item()
        print(time.perf_counter() - start, time.process_time() - spent, flush=True)


main()
