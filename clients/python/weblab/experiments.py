"""Experiments: a recipe, a question, and one run a seed."""
from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING, Any, Callable, Dict, Iterator, List, Mapping, Optional, Sequence

from .records import Finding, Record
from .runs import Run
from .wire import quoted

if TYPE_CHECKING:
    from .lab import Lab

Recipe = Mapping[str, Any]


@dataclass(frozen=True)
class Experiment(Record):
    id: str
    name: str
    status: str
    question: str = ""
    notes: str = ""
    tags: List[str] = field(default_factory=list)
    method: str = ""
    architecture: str = ""
    dataset_id: str = ""
    clean_accuracy: Optional[float] = None
    robust_accuracy: Optional[float] = None
    seconds: Optional[float] = None
    created_by: Optional[str] = None
    created_at: Optional[datetime] = None
    parent_id: Optional[str] = None
    runs: List[Run] = field(default_factory=list)
    version: str = ""

    @property
    def recipe(self) -> Dict[str, Any]:
        """As it was given, with every default spelled out; not part of a list's rows."""
        if "recipe" not in self.raw:
            return self.refresh().recipe
        return dict(self.raw["recipe"])

    def refresh(self) -> "Experiment":
        return self._lab.experiments.get(self.id)

    def add_runs(self, seeds: Sequence[int], priority: int = 0) -> List[Run]:
        raws = self._lab.connection.post(f"/experiments/{quoted(self.id)}/runs", {"seeds": list(seeds), "priority": priority})
        return [Run.of(raw, self._lab) for raw in raws]

    def wait(self, tell: Optional[Callable[[str], Any]] = None) -> "Experiment":
        """Waits for all its runs; raises RunFailed at the first that failed or was cancelled."""
        for run in self.refresh().runs:
            run.wait(tell)
        return self.refresh()


@dataclass(frozen=True)
class Cost(Record):
    seconds_per_run: Optional[float]
    seconds_in_all: Optional[float]
    basis: str = ""


@dataclass(frozen=True)
class Verdict(Record):
    """What the server thinks of a recipe. cost: None where nothing was measured yet that it could be judged by."""

    valid: bool
    errors: List[Finding]
    warnings: List[Finding]
    cost: Optional[Cost] = None


class Experiments:
    def __init__(self, lab: "Lab") -> None:
        self._lab = lab

    def list(self, filter: Optional[str] = None, text: Optional[str] = None, sort: Optional[str] = None, show: Optional[str] = None,
             limit: Optional[int] = None) -> Iterator[Experiment]:
        """Newest first. filter: such as ``method=pgd-at and tag:baseline``; show: active, archived or trashed."""
        query = dict(filter=filter, text=text, sort=sort, show=show)
        return (Experiment.of(raw, self._lab) for raw in self._lab.connection.pages("/experiments", query, limit))

    def get(self, id: str) -> Experiment:
        return Experiment.of(self._lab.connection.get(f"/experiments/{quoted(id)}"), self._lab)

    def validate(self, recipe: Recipe, seeds: Sequence[int] = (0,)) -> Verdict:
        return Verdict.of(self._lab.connection.post("/experiments:validate", {"recipe": recipe, "seeds": list(seeds)}), self._lab)

    def create(self, recipe: Recipe, name: Optional[str] = None, question: Optional[str] = None, notes: Optional[str] = None,
               tags: Sequence[str] = (), seeds: Sequence[int] = (), priority: int = 0, start: bool = True) -> Experiment:
        """Makes an experiment and queues one run a seed; a recipe that is not valid raises Problem with the fields."""
        body: Dict[str, Any] = dict(recipe=recipe, tags=list(tags), priority=priority, start=start)
        body.update({k: v for k, v in dict(name=name, question=question, notes=notes).items() if v is not None})
        if seeds:
            body["seeds"] = list(seeds)
        return Experiment.of(self._lab.connection.post("/experiments", body), self._lab)

    def clone(self, id: str, name: Optional[str] = None) -> Experiment:
        return Experiment.of(self._lab.connection.post(f"/experiments/{quoted(id)}:clone", {"name": name} if name else {}), self._lab)

    def update(self, id: str, **changes: Any) -> Experiment:
        """name, question, notes or tags; refused if somebody changed it since it was read here."""
        headers = {"If-Match": f'"{self.get(id).version}"'}
        return Experiment.of(self._lab.connection.call("PATCH", f"/experiments/{quoted(id)}", changes, headers=headers), self._lab)

    def archive(self, id: str) -> None:
        self._lab.connection.post(f"/experiments/{quoted(id)}:archive")

    def restore(self, id: str) -> None:
        self._lab.connection.post(f"/experiments/{quoted(id)}:restore")

    def trash(self, id: str) -> None:
        self._lab.connection.call("DELETE", f"/experiments/{quoted(id)}", headers={"If-Match": f'"{self.get(id).version}"'})
