#!/usr/bin/env python3
"""Trains a robust classifier, evaluates it and attacks an image, all by REST. Standard library only.

    export WEBLAB_URL=http://127.0.0.1:5080 WEBLAB_KEY=wl_...     a key with the scopes read and write
    python3 examples/train.py recipes/shapes32-pgd-at.json [--image photo.png]
"""
import argparse
import json
import os
import sys
import time
import urllib.error
import urllib.request
import uuid

URL = os.environ.get("WEBLAB_URL", "http://127.0.0.1:5080").rstrip("/") + "/api/v1"
KEY = os.environ.get("WEBLAB_KEY", "")
TERMINAL = {"completed", "cancelled", "failed"}


def call(method, path, body=None, headers=None, timeout=60):
    """One request; returns the decoded JSON. A refusal ends the program with the server's own words."""
    headers = {"Authorization": f"Bearer {KEY}", "Accept": "application/json", **(headers or {})}
    if body is not None and not isinstance(body, bytes):
        body, headers["Content-Type"] = json.dumps(body).encode(), "application/json"
    request = urllib.request.Request(URL + path, data=body, headers=headers, method=method)
    try:
        with urllib.request.urlopen(request, timeout=timeout) as answer:
            text = answer.read()
            return json.loads(text) if text else None
    except urllib.error.HTTPError as refusal:
        sys.exit(f"{method} {path}: {refusal.code} {refusal.read().decode(errors='replace')}")
    except urllib.error.URLError as gone:
        sys.exit(f"{URL} does not answer ({gone.reason}). Is `./lab up` running, and WEBLAB_URL right?")


def watch(run):
    """Yields the events of a run until it ends, also across lost connections: each asks for what follows the last one seen."""
    seen = 0
    while True:
        request = urllib.request.Request(f"{URL}/runs/{run}/events?after={seen}",
                                         headers={"Authorization": f"Bearer {KEY}", "Accept": "text/event-stream"})
        try:
            with urllib.request.urlopen(request, timeout=60) as stream:
                for line in stream:
                    if not line.startswith(b"data:"):
                        continue
                    event = json.loads(line[5:])
                    seen = event.get("seq") or seen
                    yield event
                    if event["type"] == "statusChanged" and event["data"]["to"] in TERMINAL:
                        return
        except (urllib.error.URLError, TimeoutError, ConnectionError):
            time.sleep(2)


def percent(value):
    return "     -" if value is None else f"{100 * value:5.1f}%"


def train(path, name):
    with open(path, encoding="utf-8") as file:
        recipe = json.load(file)
    verdict = call("POST", "/experiments:validate", {"recipe": recipe})
    if not verdict["valid"]:
        sys.exit("\n".join(f"{e['path']}: {e['message']}" for e in verdict["errors"]))
    print(f"about {verdict['cost']['secondsPerRun']:.0f} s: {verdict['cost']['basis']}" if verdict.get("cost") else "no estimate yet")
    # The key makes a repeated request harmless: the server answers it with the first answer.
    experiment = call("POST", "/experiments", {"name": name, "recipe": recipe}, {"Idempotency-Key": str(uuid.uuid4())})
    run = experiment["runs"][0]["id"]
    print(f"run {run}")
    for event in watch(run):
        data = event["data"]
        if event["type"] == "epochCompleted":
            print(f"epoch {data['epoch']:3}/{data['epochs']}  loss {data['values']['train.loss']:.3f}  {data['imagesPerSecond']:.0f} images/s")
        elif event["type"] == "probeCompleted":
            print("          " + "  ".join(f"{k.removeprefix('probe.')} {percent(v)}" for k, v in sorted(data["values"].items())))
        elif event["type"] == "statusChanged":
            print(f"{data['from']} -> {data['to']}  {data.get('message') or ''}")
    run = call("GET", f"/runs/{run}")
    if run["status"] != "completed":
        sys.exit(f"the run ended as {run['status']}")
    return run


if __name__ == "__main__":
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("recipe")
    options.add_argument("--name", default="from Python")
    options.add_argument("--image", help="a PNG, JPEG or WebP to attack")
    chosen = options.parse_args()
    if not KEY:
        sys.exit("WEBLAB_KEY is not set: make a key on the page 'API keys' and export it")
    trained = train(chosen.recipe, chosen.name)
