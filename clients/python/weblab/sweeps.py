"""Sweeps: one recipe, some of its fields varied, an experiment for each point."""
from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING, Any, Callable, Dict, Iterator, List, Mapping, Optional, Sequence, Union

from .experiments import Experiment, Recipe
from .records import Finding, Record
from .wire import quoted

if TYPE_CHECKING:
    from .lab import Lab

#: Values by path (``{"optimizer.lr": [0.1, 0.2]}``), or axes as the API writes them.
Axes = Union[Mapping[str, Sequence[Any]], Sequence[Mapping[str, Any]]]


@dataclass(frozen=True)
class PlannedPoint(Record):
    """values: by path. seconds: about what one run of it takes. errors: what is wrong with it."""

    number: int
    values: Dict[str, Any]
    seconds: Optional[float] = None
    errors: List[Finding] = field(default_factory=list)


@dataclass(frozen=True)
class SweepPreview(Record):
    """What a sweep would do. runs: points times seeds."""

    valid: bool
    errors: List[Finding]
    points: List[PlannedPoint]
    runs: int
    seconds_in_all: Optional[float] = None
    basis: Optional[str] = None


@dataclass(frozen=True)
class SweepRow(Record):
    """A point that was tried, with its experiment."""

    number: int
    values: Dict[str, Any]
    experiment: Experiment


@dataclass(frozen=True)
class Sweep(Record):
    """paths: of the fields that vary. best_robust: the best mean over the seeds of a point. rows are not part of a list's rows."""

    id: str
    name: str
    status: str
    kind: str
    paths: List[str]
    points: int
    question: Optional[str] = None
    best_robust: Optional[float] = None
    run_counts: Dict[str, int] = field(default_factory=dict)
    rows: List[SweepRow] = field(default_factory=list)
    created_by: Optional[str] = None
    created_at: Optional[datetime] = None
    version: str = ""

    def refresh(self) -> "Sweep":
        return self._lab.sweeps.get(self.id)

    def wait(self, tell: Optional[Callable[[str], Any]] = None) -> "Sweep":
        """Waits for all its runs; raises RunFailed at the first that failed or was cancelled."""
        for row in self.refresh().rows:
            row.experiment.wait(tell)
        return self.refresh()

    def cancel(self) -> "Sweep":
        self._lab.connection.post(f"/sweeps/{quoted(self.id)}:cancel")
        return self.refresh()

    def _repr_html_(self) -> str:
        from .notebook import table
        return table((*self.paths, "status", "clean", "robust"),
                     [(*(r.values.get(p) for p in self.paths), r.experiment.status, r.experiment.clean_accuracy, r.experiment.robust_accuracy) for r in self.rows])


class Sweeps:
    def __init__(self, lab: "Lab") -> None:
        self._lab = lab

    def list(self, trashed: bool = False, limit: Optional[int] = None) -> Iterator[Sweep]:
        return (Sweep.of(raw, self._lab) for raw in self._lab.connection.pages("/sweeps", dict(trashed=trashed or None), limit))

    def get(self, id: str) -> Sweep:
        return Sweep.of(self._lab.connection.get(f"/sweeps/{quoted(id)}"), self._lab)

    def preview(self, recipe: Recipe, axes: Axes, **more: Any) -> SweepPreview:
        """Points and cost; stores nothing. more: as of create."""
        return SweepPreview.of(self._lab.connection.post("/sweeps:preview", _body(recipe, axes, more)), self._lab)

    def create(self, recipe: Recipe, axes: Axes, **more: Any) -> Sweep:
        """Makes an experiment of every point and queues their runs.

        axes: values by path, or axes such as ``{"path": "optimizer.lr", "low": 0.001, "high": 1, "scale": "log", "count": 4}``.
        more: name, question, tags, seeds (of the training), priority, start; for draws at random ``kind="random"`` with points and seed.
        """
        return Sweep.of(self._lab.connection.post("/sweeps", _body(recipe, axes, more)), self._lab)

    def trash(self, id: str) -> None:
        self._lab.connection.call("DELETE", f"/sweeps/{quoted(id)}", headers={"If-Match": f'"{self.get(id).version}"'})

    def restore(self, id: str) -> None:
        self._lab.connection.post(f"/sweeps/{quoted(id)}:restore")


def _body(recipe: Recipe, axes: Axes, more: Mapping[str, Any]) -> Dict[str, Any]:
    listed = [dict(path=path, values=[*values]) for path, values in axes.items()] if isinstance(axes, Mapping) else [dict(axis) for axis in axes]
    return {"recipe": recipe, "axes": listed, **more}
