"""The events of a run as they happen, over server-sent events; a cut line is taken up behind the last event seen."""
from __future__ import annotations

import json
import time
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any, Dict, Iterator, Optional

from .errors import Unreachable
from .records import moment
from .wire import BROKEN, pause_after, quoted

if TYPE_CHECKING:
    from .lab import Lab

ENDED = frozenset(("completed", "cancelled", "failed"))


@dataclass(frozen=True)
class Event:
    """seq counts the events of a run from 1 without gaps; 0 marks news that the log does not keep, such as step progress."""

    seq: int
    at: datetime
    type: str
    attempt: int
    data: Dict[str, Any]

    @property
    def ends(self) -> bool:
        """Tells that the run has ended."""
        return self.type == "statusChanged" and self.data.get("to") in ENDED


def watch(lab: "Lab", run_id: str, after: int = 0, patience: float = 300, quiet: float = 45) -> Iterator[Event]:
    """Yields the events behind number ``after`` until the run has ended.

    patience: seconds without an answer after which a server is given up.
    quiet: seconds without a byte after which the line counts as cut; the server writes at least every 15.
    """
    seen, tries, lost = after, 0, None
    if _over(lab, run_id, seen):
        return
    while True:
        try:
            for event in _stream(lab, run_id, seen, quiet):
                tries, lost = 0, None
                seen = event.seq or seen
                yield event
                if event.ends and _settled(lab, run_id, seen):
                    return
        except BROKEN + (Unreachable,) as gone:
            lost = lost or time.monotonic()
            if time.monotonic() - lost > patience:
                raise Unreachable(f"{lab.url} has not answered for {patience:.0f} s; the run goes on there") from gone
        tries += 1
        lab.connection.sleep(pause_after(tries))


def _over(lab: "Lab", run_id: str, seen: int) -> bool:
    """Whether the run has ended and nothing follows event ``seen``."""
    run = lab.connection.get(f"/runs/{quoted(run_id)}")
    return bool(run["status"] in ENDED and run["lastSeq"] <= seen)


def _settled(lab: "Lab", run_id: str, seen: int) -> bool:
    """The same behind an event that ends the run: its row follows the log by a moment, and a failed run may have been tried again since."""
    while True:
        run = lab.connection.get(f"/runs/{quoted(run_id)}")
        if run["lastSeq"] > seen or run["status"] in ENDED:
            return bool(run["lastSeq"] <= seen)
        lab.connection.sleep(0.2)


def _stream(lab: "Lab", run_id: str, after: int, quiet: float) -> Iterator[Event]:
    headers = {"Accept": "text/event-stream"}
    if after:
        headers["Last-Event-ID"] = str(after)
    with lab.connection.open("GET", f"/runs/{quoted(run_id)}/events", headers=headers, timeout=quiet) as answer:
        data = ""
        for line in answer:
            text = line.decode().rstrip("\r\n")
            if text.startswith("data:"):
                data += text[5:].lstrip()
            elif not text and data:
                yield event_of(json.loads(data))
                data = ""


def event_of(raw: Dict[str, Any]) -> Event:
    return Event(int(raw.get("seq") or 0), moment(raw["at"]), raw["type"], int(raw.get("attempt") or 0), raw.get("data") or {})


def word(event: Event) -> Optional[str]:
    """One line for people, or None for what is only of use to programs."""
    data = event.data
    if event.type == "epochCompleted":
        return f"epoch {data['epoch']}/{data['epochs']}  loss {data['values'].get('train.loss', float('nan')):.3f}  {data['imagesPerSecond']:.0f} images/s"
    if event.type == "probeCompleted":
        return "  ".join(f"{key.replace('probe.', '')} {100 * value:.1f}%" for key, value in sorted(data["values"].items()))
    if event.type == "attackResult" and data["done"] == data["total"]:
        return f"{data['attack']}  {100 * data['accuracy']:.1f}%  [{100 * data['low']:.1f}%, {100 * data['high']:.1f}%]  {data['seconds']:.1f} s"
    if event.type == "statusChanged":
        return f"{data['from']} -> {data['to']}"
    if event.type == "failed":
        return f"{data['code']}: {data['message']}"
    return None
