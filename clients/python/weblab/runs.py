"""Runs: trainings, evaluations, inspections and imports, while they are queued, at work and done."""
from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING, Any, Callable, Dict, Iterator, List, Optional

from . import events
from .checkpoints import Checkpoint
from .errors import RunFailed
from .metrics import Metrics, Series
from .records import Failure, Progress, Record
from .wire import quoted

if TYPE_CHECKING:
    from .lab import Lab


@dataclass(frozen=True)
class Run(Record):
    id: str
    kind: str
    name: str
    status: str
    seed: int = 0
    experiment_id: Optional[str] = None
    subject_id: Optional[str] = None
    status_reason: Optional[str] = None
    priority: int = 0
    tags: List[str] = field(default_factory=list)
    progress: Optional[Progress] = None
    clean_accuracy: Optional[float] = None
    robust_accuracy: Optional[float] = None
    best_robust_accuracy: Optional[float] = None
    failure: Optional[Failure] = None
    device: Optional[str] = None
    created_at: Optional[datetime] = None
    started_at: Optional[datetime] = None
    finished_at: Optional[datetime] = None
    actions: List[str] = field(default_factory=list)
    best_checkpoint_id: Optional[str] = None
    last_checkpoint_id: Optional[str] = None
    last_seq: int = 0
    version: str = ""

    @property
    def ended(self) -> bool:
        return self.status in events.ENDED

    def refresh(self) -> "Run":
        """The run as it is now."""
        return self._lab.runs.get(self.id)

    def watch(self, after: int = 0) -> Iterator[events.Event]:
        return self._lab.runs.watch(self.id, after)

    def wait(self, tell: Optional[Callable[[str], Any]] = None) -> "Run":
        """Waits for the end and gives the run as it then is.

        tell: called with a line for each epoch, probe and change of status, such as ``print``.
        Raises RunFailed when it ended as failed or cancelled.
        """
        for event in self.watch():
            line = events.word(event) if tell else None
            if tell and line:
                tell(line)
        run = self.refresh()
        if run.status != "completed":
            failure = run.failure
            raise RunFailed(run.id, run.status, *((failure.code, failure.message, failure.suggestion) if failure else ()))
        return run

    def cancel(self, reason: Optional[str] = None) -> "Run":
        return self._lab.runs.act(self.id, "cancel", reason)

    def pause(self, reason: Optional[str] = None) -> "Run":
        return self._lab.runs.act(self.id, "pause", reason)

    def resume(self, reason: Optional[str] = None) -> "Run":
        return self._lab.runs.act(self.id, "resume", reason)

    def retry(self, reason: Optional[str] = None) -> "Run":
        return self._lab.runs.act(self.id, "retry", reason)

    def metrics(self, *keys: str, points: int = 1000, start: int = 0) -> Metrics:
        return self._lab.runs.metrics(self.id, *keys, points=points, start=start)

    def checkpoints(self) -> List[Checkpoint]:
        """Those that are kept, newest first."""
        return [Checkpoint.of(raw, self._lab) for raw in self._lab.connection.get(f"/runs/{quoted(self.id)}/checkpoints")]

    def best(self) -> Checkpoint:
        """The most robust checkpoint, or the last where robustness was not measured."""
        run = self if self.best_checkpoint_id or self.last_checkpoint_id else self.refresh()
        chosen = run.best_checkpoint_id or run.last_checkpoint_id
        if chosen is None:
            raise LookupError(f"run {self.id} has no checkpoint yet")
        return self._lab.checkpoints.get(chosen)

    def plot(self, *keys: str, axes: Any = None) -> Any:
        """Its accuracies over the steps; needs matplotlib."""
        return self.metrics(*(keys or ("probe.*",))).plot(axes=axes)


@dataclass(frozen=True)
class LogLine(Record):
    seq: int
    at: datetime
    level: str
    text: str


class Runs:
    def __init__(self, lab: "Lab") -> None:
        self._lab = lab

    def list(self, filter: Optional[str] = None, text: Optional[str] = None, sort: Optional[str] = None, trashed: bool = False,
             limit: Optional[int] = None) -> Iterator[Run]:
        """Newest first. filter: such as ``kind=train and status in (queued,running)``; sort: such as ``-robustAccuracy``."""
        query = dict(filter=filter, text=text, sort=sort, trashed=trashed or None)
        return (Run.of(raw, self._lab) for raw in self._lab.connection.pages("/runs", query, limit))

    def get(self, id: str) -> Run:
        return Run.of(self._lab.connection.get(f"/runs/{quoted(id)}"), self._lab)

    def watch(self, id: str, after: int = 0) -> Iterator[events.Event]:
        """Yields events until the run ends; goes on behind the last one after a cut connection."""
        return events.watch(self._lab, id, after)

    def act(self, id: str, action: str, reason: Optional[str] = None) -> Run:
        """pause, resume, cancel, kill or retry. Gives the run right after; the change itself comes as an event."""
        self._lab.connection.post(f"/runs/{quoted(id)}:{action}", {"reason": reason} if reason else {})
        return self.get(id)

    def metrics(self, id: str, *keys: str, points: int = 1000, start: int = 0) -> Metrics:
        """keys: such as ``train.loss`` or ``probe.*``; all by default. points: at most so many a series; extremes stay."""
        raw = self._lab.connection.get(f"/runs/{quoted(id)}/metrics", {"keys": list(keys) or None, "points": points, "from": start})
        return Metrics({s["key"]: Series.of(s, self._lab) for s in raw["series"]})

    def logs(self, id: str, after: int = 0, level: Optional[str] = None, text: Optional[str] = None) -> Iterator[LogLine]:
        """level: info, warning or error; text: what a line must contain."""
        while True:
            page = self._lab.connection.get(f"/runs/{quoted(id)}/logs", dict(after=after, level=level, q=text, limit=1000))
            for raw in page["items"]:
                yield LogLine.of(raw, self._lab)
            if len(page["items"]) < 1000:
                return
            after = page["items"][-1]["seq"]

    def update(self, id: str, **changes: Any) -> Run:
        """name, notes, tags or priority; refused if somebody changed the run since it was read here."""
        run = self.get(id)
        raw = self._lab.connection.call("PATCH", f"/runs/{quoted(id)}", changes, headers={"If-Match": f'"{run.version}"'})
        return Run.of(raw, self._lab)

    def trash(self, id: str) -> None:
        self._lab.connection.call("DELETE", f"/runs/{quoted(id)}", headers={"If-Match": f'"{self.get(id).version}"'})

    def restore(self, id: str) -> None:
        self._lab.connection.post(f"/runs/{quoted(id)}:restore")


@dataclass(frozen=True)
class Waiting(Record):
    position: int
    run: Run
    why_waiting: Optional[str] = None


@dataclass(frozen=True)
class QueueState(Record):
    paused: bool
    slots: int
    working: List[Run]
    waiting: List[Waiting]
    held: Optional[str] = None
    version: str = ""


class Queue:
    def __init__(self, lab: "Lab") -> None:
        self._lab = lab

    def get(self) -> QueueState:
        return QueueState.of(self._lab.connection.get("/queue"), self._lab)

    def pause(self) -> None:
        self._lab.connection.post("/queue:pause")

    def resume(self) -> None:
        self._lab.connection.post("/queue:resume")

    def reorder(self, ids: List[str]) -> QueueState:
        """The waiting runs in a new order; refused if the queue changed meanwhile."""
        body: Dict[str, Any] = {"order": ids}
        raw = self._lab.connection.call("PUT", "/queue", body, headers={"If-Match": f'"{self.get().version}"'})
        return QueueState.of(raw, self._lab)
