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


def call(method, path, body=None, headers=None, timeout=60, raw=False):
    """One request; returns the decoded JSON, or the bytes. A refusal ends the program with the server's own words."""
    headers = {"Authorization": f"Bearer {KEY}", "Accept": "application/json", **(headers or {})}
    if body is not None and not isinstance(body, bytes):
        body, headers["Content-Type"] = json.dumps(body).encode(), "application/json"
    request = urllib.request.Request(URL + path, data=body, headers=headers, method=method)
    try:
        with urllib.request.urlopen(request, timeout=timeout) as answer:
            text = answer.read()
            return text if raw else json.loads(text) if text else None
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


def settled(path):
    """The row of a run that has ended; rows follow the event log by a moment."""
    while (row := call("GET", path))["status"] not in TERMINAL:
        time.sleep(0.5)
    return row


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
    run = settled(f"/runs/{run}")
    if run["status"] != "completed":
        sys.exit(f"the run ended as {run['status']}")
    return run


def evaluate(run):
    """The battery `quick`: FGSM and PGD-10. Every attack scores the route that it attacks; the worst case is per image."""
    evaluation = call("POST", "/evaluations", {"runId": run, "battery": "quick"}, {"Idempotency-Key": str(uuid.uuid4())})["id"]
    for event in watch(evaluation):
        if event["type"] == "attackResult" and event["data"]["done"] == event["data"]["total"]:
            data = event["data"]
            print(f"{data['attack']:20} {percent(data['accuracy'])}  [{percent(data['low'])}, {percent(data['high'])}]  {data['seconds']:.1f} s")
    result = settled(f"/evaluations/{evaluation}")
    if result["status"] != "completed":
        sys.exit(f"the evaluation ended as {result['status']}: {(result.get('failure') or {}).get('message', '')}")
    print(f"{'worst case':20} {percent(result['worstCase'])} of {result['samples']} images")


def attack(checkpoint, path):
    """Uploads an image and attacks it; saves what the network sees before and after."""
    boundary = uuid.uuid4().hex
    fields = {"checkpointId": checkpoint, "attack": json.dumps({"kind": "pgd", "eps": "8/255", "stepSize": "2/255", "steps": 20})}
    body = b"".join(f'--{boundary}\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n{value}\r\n'.encode() for name, value in fields.items())
    with open(path, "rb") as file:
        name = os.path.basename(path).replace('"', "")
        body += f'--{boundary}\r\nContent-Disposition: form-data; name="image"; filename="{name}"\r\n\r\n'.encode() + file.read() + f"\r\n--{boundary}--\r\n".encode()
    result = call("POST", "/lab/attacks", body, {"Content-Type": f"multipart/form-data; boundary={boundary}"}, timeout=180)
    for item in result["items"]:
        before, after = item["outcome"]["before"][0], item["outcome"]["after"][0]
        print(f"{path}: {before['name']} ({percent(before['probability'])}) -> {after['name']} ({percent(after['probability'])}), "
              f"{'fooled' if item['outcome']['success'] else 'held'}, largest change {255 * item['outcome']['linf']:.2f}/255")
        for what in ("seen", "adversarial", "delta"):
            target = f"{os.path.splitext(os.path.basename(path))[0]}-{what}.png"
            with open(target, "wb") as file:
                file.write(call("GET", item[what].removeprefix("/api/v1"), headers={"Accept": "image/png"}, raw=True))
            print(f"  {target}")


if __name__ == "__main__":
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("recipe")
    options.add_argument("--name", default="from Python")
    options.add_argument("--image", help="a PNG, JPEG or WebP to attack")
    chosen = options.parse_args()
    if not KEY:
        sys.exit("WEBLAB_KEY is not set: make a key on the page 'API keys' and export it")
    trained = train(chosen.recipe, chosen.name)
    evaluate(trained["id"])
    if chosen.image:
        attack(trained["bestCheckpointId"], chosen.image)
