"""Evaluations: batteries of attacks, corruptions and curves on test images."""
from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING, Any, Callable, Dict, Iterator, List, Mapping, Optional, Sequence, Union

from .checkpoints import Checkpoint
from .errors import RunFailed
from .events import ENDED, Event, watch, word
from .records import Failure, Record, wire_name
from .runs import Run
from .wire import quoted

if TYPE_CHECKING:
    from .lab import Lab


@dataclass(frozen=True)
class Cell(Record):
    """One attack of a battery. accuracy: of the images that were attacked so far, with a 95 % interval."""

    attack: str
    done: int
    total: int
    accuracy: Optional[float] = None
    low: Optional[float] = None
    high: Optional[float] = None
    seconds: Optional[float] = None


@dataclass(frozen=True)
class Evaluation(Record):
    """worst_case: share of images that every attack left right."""

    id: str
    name: str
    status: str
    checkpoint_id: str
    dataset_id: str
    split: str
    samples: int
    worst_case: Optional[float] = None
    lint: Optional[str] = None
    fraction: Optional[float] = None
    cells: List[Cell] = field(default_factory=list)
    failure: Optional[Failure] = None
    created_at: Optional[datetime] = None
    last_seq: int = 0

    def refresh(self) -> "Evaluation":
        return self._lab.evaluations.get(self.id)

    def watch(self, after: int = 0) -> Iterator[Event]:
        return watch(self._lab, self.id, after)

    def wait(self, tell: Optional[Callable[[str], Any]] = None) -> "Evaluation":
        """Waits for the end; raises RunFailed when it ended as failed or cancelled."""
        for event in self.watch():
            line = word(event) if tell else None
            if tell and line:
                tell(line)
        done = self.refresh()
        while done.status not in ENDED:
            self._lab.connection.sleep(0.2)
            done = self.refresh()
        if done.status != "completed":
            raise RunFailed(done.id, done.status, *((done.failure.code, done.failure.message, done.failure.suggestion) if done.failure else ()))
        return done

    def cancel(self, reason: Optional[str] = None) -> "Evaluation":
        self._lab.connection.post(f"/evaluations/{quoted(self.id)}:cancel", {"reason": reason} if reason else {})
        return self.refresh()

    def results(self) -> Dict[str, Any]:
        """Everything that it found, as in ``results.json``."""
        found: Dict[str, Any] = self._lab.connection.get(f"/evaluations/{quoted(self.id)}/results.json")
        return found

    def statistics(self) -> Dict[str, Any]:
        """Classes, confusion, overlap of attacks, distances and margins."""
        found: Dict[str, Any] = self._lab.connection.get(f"/evaluations/{quoted(self.id)}/statistics")
        return found

    def compare(self, other: Union[str, "Evaluation"]) -> Dict[str, Any]:
        """Image by image with another evaluation."""
        found: Dict[str, Any] = self._lab.connection.get(f"/evaluations/{quoted(self.id)}/compare", {"with": other if isinstance(other, str) else other.id})
        return found

    def _repr_html_(self) -> str:
        from .notebook import table
        return table(("attack", "images", "accuracy", "low", "high"), [(c.attack, c.done, c.accuracy, c.low, c.high) for c in self.cells])

    def plot(self, axes: Any = None) -> Any:
        """A bar an attack with its interval; needs matplotlib."""
        from .notebook import axes_of
        axes = axes_of(axes)
        cells = [c for c in self.cells if c.accuracy is not None]
        marks = [c.accuracy or 0.0 for c in cells]
        errors = [[m - (c.low or 0.0) for m, c in zip(marks, cells)], [(c.high or 0.0) - m for m, c in zip(marks, cells)]]
        axes.barh([c.attack for c in cells], marks, xerr=errors)
        axes.set_xlim(0, 1)
        axes.set_xlabel("accuracy")
        return axes


class Evaluations:
    def __init__(self, lab: "Lab") -> None:
        self._lab = lab

    def list(self, run: Optional[str] = None, checkpoint: Optional[str] = None, dataset: Optional[str] = None, status: Optional[str] = None,
             limit: Optional[int] = None) -> Iterator[Evaluation]:
        query = dict(runId=run, checkpointId=checkpoint, datasetId=dataset, status=status)
        return (Evaluation.of(raw, self._lab) for raw in self._lab.connection.pages("/evaluations", query, limit))

    def get(self, id: str) -> Evaluation:
        return Evaluation.of(self._lab.connection.get(f"/evaluations/{quoted(id)}"), self._lab)

    def create(self, of: Union[Run, Checkpoint], battery: Optional[str] = None, attacks: Optional[Sequence[Mapping[str, Any]]] = None, **more: Any) -> Evaluation:
        """of: a run (its best checkpoint is taken) or a checkpoint.

        battery: such as ``quick``, instead of ``attacks`` as in recipes; an empty list: none, for corruptions or a curve alone.
        more: samples, seed, data, split, mode, keep_images, corruptions, curve, ... as in the API's description.
        """
        body: Dict[str, Any] = {"runId" if isinstance(of, Run) else "checkpointId": of.id}
        if battery:
            body["battery"] = battery
        if attacks is not None:
            body["attacks"] = [dict(attack) for attack in attacks]
        body.update({wire_name(name): value for name, value in more.items()})
        return Evaluation.of(self._lab.connection.post("/evaluations", body), self._lab)

    def batteries(self) -> List[Dict[str, Any]]:
        return list(self._lab.connection.get("/batteries"))
