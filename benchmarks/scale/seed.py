#!/usr/bin/env python3
"""Fills a data directory with made-up runs, to see how pages hold up: seed.py DATA [--runs 2000] [--points 1000000] [--compare 20].

Writes run folders as the server does (docs/architecture.md), and no database: the server indexes them when it starts. Curves are
drawn by formula and chance, so no figure means anything. Equal arguments give equal folders. Standard library only.
"""
import argparse
import hashlib
import json
import math
import pathlib
import random
import uuid

EPOCHS = 20
START_MS = 1_760_000_000_000  # October 2025
METHODS = [("standard", {}), ("pgd-at", {"attack": {"kind": "pgd", "eps": "8/255", "stepSize": "2/255", "steps": 10}}), ("trades", {"attack": {"kind": "pgd", "eps": "8/255", "stepSize": "2/255", "steps": 10}})]
RATES = [0.01, 0.03, 0.1, 0.3]


class Clock:
    """Ids sort by time, as the server's do."""

    def __init__(self, chance):
        self.ms, self.chance = START_MS, chance

    def next_id(self):
        self.ms += 60_000
        bits = (self.ms << 80) | (7 << 76) | (self.chance.getrandbits(12) << 64) | (2 << 62) | self.chance.getrandbits(62)
        return str(uuid.UUID(int=bits))


def moment(ms):
    seconds, rest = divmod(ms, 1000)
    import datetime
    return datetime.datetime.fromtimestamp(seconds, datetime.timezone.utc).strftime("%Y-%m-%dT%H:%M:%S") + f".{rest:03d}+00:00"


def compact(value):
    return json.dumps(value, separators=(",", ":"))


def recipe(method, rate, seed):
    kind, options = method
    return {"version": 1, "data": {"id": "shapes32", "trainLimit": 5000}, "model": {"kind": "resnet18", "width": 8}, "method": {"kind": kind, **options},
            "optimizer": {"kind": "sgd", "lr": rate, "momentum": 0.9, "weightDecay": 0.0005}, "schedule": {"kind": "one-cycle", "peak": 0.3},
            "training": {"epochs": EPOCHS, "batchSize": 64}, "probe": {"every": 1, "samples": 128}, "device": "auto", "seed": seed}


class Log:
    """events.jsonl: numbers without gaps from 1."""

    def __init__(self, path, ms):
        self.file, self.seq, self.ms = open(path, "w", encoding="utf-8"), 0, ms

    def add(self, kind, data, attempt=1, after=1000):
        self.seq += 1
        self.ms += after
        self.file.write(f'{{"v":1,"seq":{self.seq},"at":"{moment(self.ms)}","attempt":{attempt},"type":"{kind}","data":{compact(data)}}}\n')

    def status(self, before, now, attempt=1):
        self.add("statusChanged", {"from": before, "to": now}, attempt)


def write_run(runs, clock, chance, experiment, name, wanted, seed, events, epochs=EPOCHS):
    """One completed run with so many metric events of four values each."""
    run = clock.next_id()
    folder = runs / run
    folder.mkdir(parents=True)
    frozen = compact(wanted)
    digest = hashlib.sha256(frozen.encode()).hexdigest()
    (folder / "recipe.json").write_text(frozen)
    (folder / "run.json").write_text(compact({"id": run, "kind": "Train", "name": name, "seed": seed, "requestHash": digest, "priority": 0, "createdBy": "seed", "createdAt": moment(clock.ms), "tags": [], "notes": "",
                                              "experiment": experiment}))
    log = Log(folder / "events.jsonl", clock.ms)
    log.status("draft", "queued", 0)
    log.status("queued", "starting")
    log.add("attemptStarted", {"pid": 1, "device": "cpu", "deviceName": "made up", "threads": 2, "precision": "fp32", "libtorch": "0", "version": "0"})
    log.status("starting", "running")
    top, robust = 0.7 + 0.25 * chance.random(), 0.2 + 0.3 * chance.random()
    each, steps = max(1, events // epochs), 0
    for epoch in range(1, epochs + 1):
        for i in range(each):
            steps += 10
            done = (epoch - 1 + i / each) / epochs
            loss = 2.3 * math.exp(-3 * done) + 0.1 + 0.05 * chance.gauss(0, 1)
            log.add("metrics", {"step": steps, "epoch": epoch, "values": {"train.loss": round(loss, 5), "lr": round(0.1 * (1 - done), 6), "train.accuracy": round(min(1, top * (1 - math.exp(-4 * done)) + 0.02 * chance.gauss(0, 1)), 4), "train.gradient": round(abs(chance.gauss(1, 0.3)), 4)}}, after=100)
        share = epoch / epochs
        log.add("epochCompleted", {"epoch": epoch, "epochs": epochs, "step": steps, "seconds": 12.5, "imagesPerSecond": 400, "values": {"train.loss": round(2.3 * math.exp(-3 * share) + 0.1, 5), "train.accuracy": round(top * share, 4), "lr": 0.1}})
        log.add("probeCompleted", {"epoch": epoch, "step": steps, "samples": 128, "seconds": 1.5, "values": {"probe.clean": round(min(1, top * (1 - math.exp(-4 * share)) + 0.01 * chance.gauss(0, 1)), 4), "probe.pgd10": round(max(0, robust * (1 - math.exp(-3 * share)) + 0.01 * chance.gauss(0, 1)), 4)}})
    log.add("finished", {"outcome": "completed", "values": {"best.robust": round(robust, 4)}})
    log.status("running", "finishing")
    log.status("finishing", "completed")
    log.file.close()
    return run


def experiment_card(clock, name, wanted, tags):
    frozen = compact(wanted)
    return {"id": clock.next_id(), "name": name, "notes": "", "tags": tags, "recipeJson": frozen, "recipeHash": hashlib.sha256(frozen.encode()).hexdigest(), "method": wanted["method"]["kind"], "architecture": "resnet18",
            "datasetId": "shapes32", "createdBy": "seed", "createdAt": moment(clock.ms)}


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("data", type=pathlib.Path)
    parser.add_argument("--runs", type=int, default=2000)
    parser.add_argument("--points", type=int, default=1_000_000, help="metric points of the big run")
    parser.add_argument("--compare", type=int, default=20, help="runs with long curves, tagged 'compare'")
    args = parser.parse_args()
    chance = random.Random(0)
    clock, runs = Clock(chance), args.data / "runs"
    if runs.exists() and any(runs.iterdir()):
        raise SystemExit(f"{runs} is not empty; name a fresh folder")

    made = 0
    while made < args.runs:
        method, rate = METHODS[chance.randrange(3)], RATES[chance.randrange(4)]
        seeds = min(1 + chance.randrange(5), args.runs - made)
        card = experiment_card(clock, f"{method[0]} lr {rate} number {made}", recipe(method, rate, 0), [["baseline"], ["ablation"], ["ablation", "paper"], []][chance.randrange(4)])
        for seed in range(seeds):
            write_run(runs, clock, chance, card, f"{card['name']}, seed {seed}", recipe(method, rate, seed), seed, events=20)
        made += seeds

    compared = []
    for i in range(args.compare):
        method = METHODS[i % 3]
        card = experiment_card(clock, f"compared {i}", recipe(method, RATES[i % 4], 0), ["compare"])
        compared.append(write_run(runs, clock, chance, card, card["name"], recipe(method, RATES[i % 4], 0), 0, events=5000))

    card = experiment_card(clock, "a million points", recipe(METHODS[1], 0.1, 0), ["big"])
    big = write_run(runs, clock, chance, card, card["name"], recipe(METHODS[1], 0.1, 0), 0, events=args.points // 4, epochs=100)
    (args.data / "scale.json").write_text(json.dumps({"big": big, "bigExperiment": card["id"], "compare": compared, "runs": args.runs + args.compare + 1}))
    print(f"{args.runs} runs, {args.compare} long ones, one with {args.points} points: {big}")


if __name__ == "__main__":
    main()
