"""JSON objects as dataclasses: camelCase becomes snake_case, times become datetimes, members that are not declared stay in ``raw``."""
from __future__ import annotations

import dataclasses
import re
import typing
from datetime import datetime, timezone
from typing import TYPE_CHECKING, Any, Dict, List, Mapping, Optional, Type, TypeVar

if TYPE_CHECKING:
    from .lab import Lab

R = TypeVar("R", bound="Record")


class Record:
    """Part of the server's answer. ``raw`` is the whole of it."""

    raw: Dict[str, Any]
    _lab: "Lab"

    @classmethod
    def of(cls: Type[R], raw: Mapping[str, Any], lab: "Lab") -> R:
        hints = _hints(cls)
        values = {}
        for field in dataclasses.fields(cls):
            name = wire_name(field.name)
            if name in raw:
                values[field.name] = _value(hints[field.name], raw[name], lab)
            elif field.default is dataclasses.MISSING and field.default_factory is dataclasses.MISSING:
                values[field.name] = None
        made = cls(**values)
        object.__setattr__(made, "raw", dict(raw))
        object.__setattr__(made, "_lab", lab)
        return made

    def _repr_html_(self) -> str:
        from .notebook import facts
        return facts(self)


def wire_name(name: str) -> str:
    head, *rest = name.split("_")
    return head + "".join(word.capitalize() for word in rest)


def moment(text: str) -> datetime:
    """An RFC 3339 time, also with more digits than Python 3.9 reads."""
    match = re.fullmatch(r"(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d)(?:\.(\d+))?(Z|[+-]\d\d:\d\d)", text)
    if not match:
        raise ValueError(f"got {text!r}, wanted a time such as 2026-11-21T08:00:00Z")
    whole, fraction, zone = match.groups()
    return datetime.fromisoformat(f"{whole}.{(fraction or '0')[:6]:0<6}{'+00:00' if zone == 'Z' else zone}").astimezone(timezone.utc)


_known: Dict[type, Dict[str, Any]] = {}


def _hints(cls: type) -> Dict[str, Any]:
    if cls not in _known:
        # Records name the lab only for the type checker.
        _known[cls] = typing.get_type_hints(cls, localns={"Lab": Any})
    return _known[cls]


def _value(hint: Any, value: Any, lab: "Lab") -> Any:
    if value is None:
        return None
    origin, arguments = typing.get_origin(hint), typing.get_args(hint)
    if origin is typing.Union:
        return _value(next(a for a in arguments if a is not type(None)), value, lab)
    if origin is list:
        return [_value(arguments[0], item, lab) for item in value]
    if isinstance(hint, type) and issubclass(hint, Record):
        return hint.of(value, lab)
    if hint is datetime:
        return moment(value)
    return float(value) if hint is float else value


@dataclasses.dataclass(frozen=True)
class Failure(Record):
    code: str
    message: str
    suggestion: Optional[str] = None
    last_lines: List[str] = dataclasses.field(default_factory=list)


@dataclasses.dataclass(frozen=True)
class Progress(Record):
    epoch: int
    epochs: int
    step: int
    steps: int
    fraction: Optional[float] = None
    loss: Optional[float] = None
    images_per_second: Optional[float] = None
    eta_seconds: Optional[float] = None


@dataclasses.dataclass(frozen=True)
class Finding(Record):
    """A remark on a recipe at a JSON path."""

    path: str
    message: str


@dataclasses.dataclass(frozen=True)
class Rated(Record):
    """A share of images with its 95 % interval; all in [0, 1]."""

    accuracy: float
    low: float
    high: float
    right: int
    total: int
