"""The attacks that `weblab bench attacks` compares itself with, as plain loops on PyTorch.

usage: reference.py WEIGHTS BATCH THREADS

WEIGHTS is a file of `weblab export` (ResNet-18 with a CIFAR stem, or SmallCNN); BATCH a safetensors file with images "x" (float32 in
[0,1]) and labels "y". For every line on standard input, an attack's name and a batch size, the program attacks the images that are
classified correctly and answers with seconds, seconds of processor time, peak MiB above the start, forward and backward passes and the images that are left. What is
misclassified already is left out; the parts of AutoAttack hand on only what is left.

Written from the papers: Madry et al. 2018 (PGD), Croce and Hein 2020 (APGD, AutoAttack), Croce and Hein 2020b (FAB), Andriushchenko et
al. 2020 (Square). Radius 8/255, Linf.
"""
import json
import math
import os
import struct
import sys
import time

import torch
import torch.nn as nn
import torch.nn.functional as F

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), ".."))
from networks import ResNet18, SmallCnn

EPS = 8 / 255
TYPES = {"F32": torch.float32, "I64": torch.int64}


def read(path):
    data = open(path, "rb").read()
    length, = struct.unpack("<Q", data[:8])
    header = json.loads(data[8:8 + length])
    about = header.pop("__metadata__", {})
    tensors = {}
    for name, entry in header.items():
        begin, end = entry["data_offsets"]
        raw = bytearray(data[8 + length + begin:8 + length + end])
        tensors[name] = torch.frombuffer(raw, dtype=TYPES[entry["dtype"]]).reshape(entry["shape"]) if raw else torch.empty(entry["shape"])
    return tensors, about


class Normalise(nn.Module):
    def __init__(self, mean, std):
        super().__init__()
        self.mean, self.std = torch.tensor(mean).reshape(1, -1, 1, 1), torch.tensor(std).reshape(1, -1, 1, 1)

    def forward(self, x):
        return (x - self.mean) / self.std


class Counted:
    """The network and how often an image went through it."""

    def __init__(self, net):
        self.net, self.forward, self.backward = net, 0, 0

    def __call__(self, x):
        self.forward += len(x)
        return self.net(x)

    def gradient(self, loss, x, retain=False):
        self.backward += len(x)
        return torch.autograd.grad(loss.sum(), x, retain_graph=retain)[0]


def project(x, clean):
    return torch.min(torch.max(x, clean - EPS), clean + EPS).clamp(0, 1)


def margin(z, y):
    own = z.gather(1, y[:, None]).squeeze(1)
    others = z.scatter(1, y[:, None], -math.inf)
    return own - others.max(1)[0]


def dlr_targeted(z, y, target):
    ordered = z.sort(1)[0]
    own, aim = z.gather(1, y[:, None]).squeeze(1), z.gather(1, target[:, None]).squeeze(1)
    return -(own - aim) / (ordered[:, -1] - 0.5 * (ordered[:, -3] + ordered[:, -4]) + 1e-12)


def pgd(net, x, y, steps=20, size=2 / 255):
    at = project(x + torch.empty_like(x).uniform_(-EPS, EPS), x)
    for _ in range(steps):
        at.requires_grad_()
        g = net.gradient(F.cross_entropy(net(at), y, reduction="none"), at)
        at = project(at.detach() + size * g.sign(), x)
    with torch.no_grad():
        return net(at).argmax(1) != y


def apgd_search(net, x, y, loss_of, steps=100, rho=0.75):
    """True where a point on the way was misclassified."""
    n = len(x)
    t = 2 * torch.rand_like(x) - 1
    at = (x + EPS * t / t.abs().flatten(1).max(1)[0].reshape(-1, 1, 1, 1)).clamp(0, 1)

    def look(at):
        at = at.detach().requires_grad_()
        z = net(at)
        loss = loss_of(z)
        return net.gradient(loss, at), loss.detach(), z.argmax(1) != y

    g, loss, broken = look(at)
    best, best_g, best_loss = at.clone(), g.clone(), loss.clone()
    eta = torch.full((n, 1, 1, 1), 2 * EPS)
    before, last = at.clone(), torch.zeros_like(loss)
    rises, best_at_check, reduced = torch.zeros(n), best_loss.clone(), torch.ones(n, dtype=torch.bool)
    window, since = max(int(0.22 * steps), 1), 0
    shrink, least = max(int(0.03 * steps), 1), max(int(0.06 * steps), 1)
    for i in range(steps):
        a = 1.0 if i == 0 else 0.75
        u = project(at + eta * g.sign(), x)
        at, before = project(at + a * (u - at) + (1 - a) * (at - before), x), at
        g, loss, hit = look(at)
        broken |= hit
        rises += (loss > last).float()
        last = loss
        better = loss > best_loss
        best[better], best_g[better], best_loss[better] = at[better], g[better], loss[better]
        since += 1
        if since == window:
            halve = (rises <= rho * window) | (~reduced & (best_at_check >= best_loss))
            eta[halve] /= 2
            at, g = at.clone(), g.clone()
            at[halve], g[halve] = best[halve], best_g[halve]
            reduced, best_at_check, rises = halve, best_loss.clone(), torch.zeros(n)
            window, since = max(window - shrink, least), 0
    return broken


def apgd(net, x, y):
    return apgd_search(net, x, y, lambda z: F.cross_entropy(z, y, reduction="none"))


def over_targets(net, x, y, search):
    with torch.no_grad():
        ranked = net(x).argsort(1, descending=True)
    broken = torch.zeros(len(x), dtype=torch.bool)
    for rank in range(1, 10):
        rows = (~broken).nonzero().squeeze(1)
        if len(rows) == 0:
            break
        broken[rows] = search(net, x[rows], y[rows], ranked[rows, rank])
    return broken


def apgd_t(net, x, y):
    return over_targets(net, x, y, lambda net, x, y, t: apgd_search(net, x, y, lambda z: dlr_targeted(z, y, t)))


def to_plane(u, w, c):
    """The smallest change in Linf of u (n x d) within [0,1] that moves w u to w u - c."""
    flip = torch.where(c < 0, -torch.ones_like(c), torch.ones_like(c))
    w, c = w * flip[:, None], c * flip
    room = torch.where(w > 0, u, torch.where(w < 0, 1 - u, torch.zeros_like(u)))
    size = w.abs()
    order = room.argsort(1)
    sorted_room, sorted_size = room.gather(1, order), size.gather(1, order)
    total = sorted_size.sum(1, keepdim=True)
    used = (sorted_size * sorted_room).cumsum(1)
    rest = total - sorted_size.cumsum(1)
    reached = used + rest * sorted_room
    k = (reached < c[:, None]).sum(1).clamp(max=u.shape[1] - 1)
    prior_used = torch.where(k > 0, used.gather(1, (k - 1).clamp(min=0)[:, None]).squeeze(1), torch.zeros_like(c))
    prior_rest = torch.where(k > 0, rest.gather(1, (k - 1).clamp(min=0)[:, None]).squeeze(1), total.squeeze(1))
    level = ((c - prior_used) / prior_rest.clamp(min=1e-12)).clamp(min=0)
    level = torch.where((size * room).sum(1) <= c, torch.full_like(level, math.inf), level)
    return -w.sign() * torch.min(level[:, None], room)


def fab_search(net, x, y, target, steps=100, alpha=0.1, eta=1.05, beta=0.9):
    n = len(x)
    clean, at = x.flatten(1), x.clone()
    nearest = torch.full((n,), 1e10)
    for _ in range(steps):
        at = at.detach().requires_grad_()
        z = net(at)
        f = z.gather(1, target[:, None]).squeeze(1) - z.gather(1, y[:, None]).squeeze(1)
        w = net.gradient(f, at).flatten(1)
        with torch.no_grad():
            f, u = f.detach(), at.detach().flatten(1)
            d1 = to_plane(u, w, f)
            d2 = to_plane(clean, w, (w * (clean - u)).sum(1) + f)
            n1, n2 = d1.abs().max(1)[0].clamp(min=1e-8), d2.abs().max(1)[0].clamp(min=1e-8)
            a = (n1 / (n1 + n2)).clamp(0, alpha)[:, None]
            at = ((1 - a) * (u + eta * d1) + a * (clean + eta * d2)).clamp(0, 1).reshape(x.shape)
            hit = net(at).argmax(1) != y
            length = (at - x).abs().flatten(1).max(1)[0]
            nearest = torch.where(hit & (length < nearest), length, nearest)
            at = torch.where(hit[:, None, None, None], x + beta * (at - x), at)
    return nearest <= EPS


def fab_t(net, x, y):
    return over_targets(net, x, y, fab_search)


def square(net, x, y, queries=5000, p0=0.8):
    n, channels, height, width = x.shape
    broken = torch.zeros(n, dtype=torch.bool)
    with torch.no_grad():
        best = (x + EPS * torch.randn(n, channels, 1, width).sign()).clamp(0, 1)
        z = net(best)
        loss = margin(z, y)
        rows = (loss > 0).nonzero().squeeze(1)
        broken[loss <= 0] = True
        for i in range(1, queries):
            if len(rows) == 0:
                break
            p = p0 / 2 ** sum(i > h for h in (10, 50, 200, 500, 1000, 2000, 4000, 6000, 8000))
            side = min(max(int(round(math.sqrt(p * height * width))), 1), height - 1)
            top, left = torch.randint(0, height - side + 1, ()).item(), torch.randint(0, width - side + 1, ()).item()
            clean, at = x[rows], best[rows]
            at[:, :, top:top + side, left:left + side] += 2 * EPS * torch.randn(len(rows), channels, 1, 1).sign()
            at = project(at, clean)
            fresh = margin(net(at), y[rows])
            better = (fresh < loss[rows]) | (fresh <= 0)
            best[rows[better]], loss[rows[better]] = at[better], fresh[better]
            broken[rows[fresh <= 0]] = True
            rows = rows[loss[rows] > 0]
    return broken


ATTACKS = {"pgd20": [pgd], "apgd": [apgd], "apgd-t": [apgd_t], "fab-t": [fab_t], "square": [square], "autoattack": [apgd, apgd_t, fab_t, square]}


def memory(field):
    with open("/proc/self/status") as status:
        return next(int(line.split()[1]) for line in status if line.startswith(field)) / 1024


def run(net, x, y, stages, batch):
    with torch.no_grad():
        standing = torch.cat([net.net(part).argmax(1) for part in x.split(batch)]) == y
    with open("/proc/self/clear_refs", "w") as peak:
        peak.write("5")
    held = memory("VmRSS")
    net.forward = net.backward = 0
    start, spent = time.perf_counter(), time.process_time()
    for stage in stages:
        for rows in standing.nonzero().squeeze(1).split(batch):
            if len(rows) > 0:
                standing[rows] = ~stage(net, x[rows], y[rows])
    return time.perf_counter() - start, time.process_time() - spent, memory("VmHWM") - held, net.forward, net.backward, int(standing.sum())


def main():
    torch.set_num_threads(int(sys.argv[3]))
    torch.manual_seed(0)
    (weights, about), (tensors, _) = read(sys.argv[1]), read(sys.argv[2])
    model = json.loads(about["model"])
    body = SmallCnn() if model["kind"] == "smallcnn" else ResNet18(model["width"])
    body.load_state_dict(weights)
    net = nn.Sequential(Normalise(json.loads(about["mean"]), json.loads(about["std"])), body) if "mean" in about else body
    net.eval()
    for parameter in net.parameters():
        parameter.requires_grad_(False)
    print(torch.__version__, flush=True)
    for line in sys.stdin:
        name, batch = line.split()
        print(*run(Counted(net), tensors["x"], tensors["y"], ATTACKS[name], int(batch)), flush=True)


main()
