#!/usr/bin/env python3
"""Trains a robust classifier, evaluates it and attacks an image, all by REST. Standard library only; runs from a clone as it is.

    export WEBLAB_URL=http://127.0.0.1:5080 WEBLAB_KEY=wl_...     a key with the scopes read and write
    python3 examples/train.py recipes/shapes32-pgd-at.json [--image photo.png]
"""
import argparse
import json
import sys
from pathlib import Path

# The package lies beside the examples; after `pip install ./clients/python` this line is not needed.
sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "clients" / "python"))
from weblab import Lab, LabError  # noqa: E402


def percent(value):
    return "-" if value is None else f"{100 * value:.1f}%"


def train(lab, path, name):
    recipe = json.loads(Path(path).read_text(encoding="utf-8"))
    verdict = lab.experiments.validate(recipe)
    print(f"about {verdict.cost.seconds_per_run:.0f} s: {verdict.cost.basis}" if verdict.cost else "no estimate yet")
    run = lab.experiments.create(recipe, name=name).runs[0]
    print(f"run {run.id}")
    return run.wait(tell=print)


def evaluate(lab, run):
    """The battery `quick`. Every attack scores the route that it attacks; the worst case is per image."""
    evaluation = lab.evaluations.create(run, battery="quick").wait(tell=print)
    print(f"worst case {percent(evaluation.worst_case)} of {evaluation.samples} images")


def attack(lab, run, path):
    """Uploads an image and attacks it; saves what the network sees before and after."""
    for item in lab.attack(run, path).items:
        print(f"{path}: {item}")
        for view in ("seen", "adversarial", "delta"):
            print(f"  {item.save(f'{Path(path).stem}-{view}.png', view)}")


if __name__ == "__main__":
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("recipe")
    options.add_argument("--name", default="from Python")
    options.add_argument("--image", help="a PNG, JPEG or WebP to attack")
    chosen = options.parse_args()
    try:
        lab = Lab()
        trained = train(lab, chosen.recipe, chosen.name)
        evaluate(lab, trained)
        if chosen.image:
            attack(lab, trained, chosen.image)
    except (LabError, ValueError, OSError) as refused:
        sys.exit(str(refused))
