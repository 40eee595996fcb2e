"""Metric series of a run."""
from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Dict, Iterator, List, Mapping, Optional

from .errors import Missing
from .records import Record


@dataclass(frozen=True)
class Series(Record):
    """One metric. The lists are parallel; a value that is not a number is None. Accuracies lie in [0, 1]."""

    key: str
    count: int
    min: Optional[float] = None
    max: Optional[float] = None
    last: Optional[float] = None
    steps: List[int] = field(default_factory=list)
    epochs: List[int] = field(default_factory=list)
    seconds: List[int] = field(default_factory=list)
    values: List[Optional[float]] = field(default_factory=list)

    def plot(self, x: str = "steps", axes: Any = None) -> Any:
        """A line over ``steps``, ``epochs`` or ``seconds``; needs matplotlib."""
        return Metrics({self.key: self}).plot(x, axes)


class Metrics(Mapping[str, Series]):
    """Series by key."""

    def __init__(self, series: Mapping[str, Series]) -> None:
        self._series: Dict[str, Series] = dict(series)

    def __getitem__(self, key: str) -> Series:
        try:
            return self._series[key]
        except KeyError:
            raise KeyError(f"no metric {key!r}; there are {', '.join(self._series) or 'none yet'}") from None

    def __iter__(self) -> Iterator[str]:
        return iter(self._series)

    def __len__(self) -> int:
        return len(self._series)

    def __repr__(self) -> str:
        return f"Metrics({', '.join(f'{s.key} x{len(s.values)}' for s in self._series.values())})"

    def rows(self) -> List[Dict[str, Any]]:
        """One dictionary a point: key, step, epoch, seconds, value."""
        return [dict(key=s.key, step=step, epoch=epoch, seconds=seconds, value=value)
                for s in self._series.values() for step, epoch, seconds, value in zip(s.steps, s.epochs, s.seconds, s.values)]

    def to_frame(self) -> Any:
        """A pandas DataFrame with a row a step and a column a metric."""
        try:
            import pandas
        except ImportError:
            raise Missing("to_frame() needs pandas: pip install pandas; rows() gives the same as a list") from None
        return pandas.DataFrame(self.rows()).pivot_table(index="step", columns="key", values="value", dropna=False) if self.rows() else pandas.DataFrame()

    def plot(self, x: str = "steps", axes: Any = None) -> Any:
        """All series in one picture, over ``steps``, ``epochs`` or ``seconds``; gives the axes of matplotlib."""
        from .notebook import axes_of
        axes = axes_of(axes)
        for series in self._series.values():
            axes.plot(getattr(series, x), [float("nan") if v is None else v for v in series.values], label=series.key)
        axes.set_xlabel(x)
        axes.legend()
        return axes

    def _repr_html_(self) -> str:
        from .notebook import table
        return table(("metric", "points", "last", "min", "max"), [(s.key, s.count, s.last, s.min, s.max) for s in self._series.values()])
