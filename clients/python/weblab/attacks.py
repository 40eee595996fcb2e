"""Attacks on single images while you wait."""
from __future__ import annotations

import json
import os
import uuid
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, Dict, List, Mapping, Optional, Sequence, Tuple, Union

from .checkpoints import Checkpoint
from .records import Record
from .runs import Run

if TYPE_CHECKING:
    from .lab import Lab

PGD: Mapping[str, Any] = {"kind": "pgd", "eps": "8/255", "stepSize": "2/255", "steps": 20}
Image = Union[str, "os.PathLike[str]", bytes]
VIEWS = ("original", "seen", "adversarial", "delta")


@dataclass(frozen=True)
class Guess(Record):
    label: int
    name: str
    probability: float


@dataclass(frozen=True)
class Outcome(Record):
    """linf and l2 in units of the [0, 1] range of pixels. success: the attacked image is not given the label any more."""

    label: int
    before: List[Guess]
    after: List[Guess]
    after_rounding: List[Guess]
    success: bool
    success_after_rounding: bool
    linf: float
    l2: float
    losses: List[float] = field(default_factory=list)


@dataclass(frozen=True)
class Attacked(Record):
    """One image before and after."""

    outcome: Outcome
    original: str
    seen: str
    adversarial: str
    delta: str

    def image(self, view: str = "adversarial") -> bytes:
        """As PNG. view: original, seen (what the network sees), adversarial or delta."""
        if view not in VIEWS:
            raise ValueError(f"view: got {view!r}, wanted one of {', '.join(VIEWS)}")
        with self._lab.connection.open("GET", getattr(self, view), headers={"Accept": "image/png"}) as answer:
            return bytes(answer.read())

    def save(self, path: Union[str, "os.PathLike[str]"], view: str = "adversarial") -> Path:
        target = Path(path)
        target.write_bytes(self.image(view))
        return target

    def _repr_png_(self) -> bytes:
        return self.image()

    def __str__(self) -> str:
        before, after = self.outcome.before[0], self.outcome.after[0]
        verdict = "fooled" if self.outcome.success else "held"
        return (f"{before.name} ({100 * before.probability:.1f}%) -> {after.name} ({100 * after.probability:.1f}%), "
                f"{verdict}, largest change {255 * self.outcome.linf:.2f}/255")


@dataclass(frozen=True)
class AttackResult(Record):
    id: str
    checkpoint_id: str
    run_id: str
    device: str
    seconds: float
    classes: List[str]
    items: List[Attacked]
    expires_at: Optional[datetime] = None

    def _repr_html_(self) -> str:
        from .notebook import table
        return table(("before", "after", "fooled", "largest change"),
                     [(i.outcome.before[0].name, i.outcome.after[0].name, "yes" if i.outcome.success else "no", f"{255 * i.outcome.linf:.2f}/255") for i in self.items])


def attack(lab: "Lab", of: Union[str, Run, Checkpoint], images: Sequence[Image], samples: Sequence[Tuple[str, str, int]],
           how: Mapping[str, Any], seed: int, amplify: float) -> AttackResult:
    if bool(images) == bool(samples):
        raise ValueError("wanted either images or samples")
    checkpoint = of if isinstance(of, str) else of.best().id if isinstance(of, Run) else of.id
    if samples:
        body: Any = dict(checkpointId=checkpoint, attack=dict(how), seed=seed, amplify=amplify,
                         samples=[dict(datasetId=d, split=s, index=i) for d, s, i in samples])
        headers: Dict[str, str] = {}
    else:
        body, headers = form(dict(checkpointId=checkpoint, attack=json.dumps(dict(how)), seed=str(seed), amplify=str(amplify)), images)
    return AttackResult.of(lab.connection.call("POST", "/lab/attacks", body, headers=headers, timeout=180, repeatable=False), lab)


def form(fields: Mapping[str, str], images: Sequence[Image]) -> Tuple[bytes, Dict[str, str]]:
    boundary = uuid.uuid4().hex
    parts = [f'--{boundary}\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n{value}\r\n'.encode() for name, value in fields.items()]
    for image in images:
        name, content = ("image", image) if isinstance(image, bytes) else (Path(image).name.replace('"', ""), Path(image).read_bytes())
        parts.append(f'--{boundary}\r\nContent-Disposition: form-data; name="image"; filename="{name}"\r\n\r\n'.encode() + content + b"\r\n")
    return b"".join(parts) + f"--{boundary}--\r\n".encode(), {"Content-Type": f"multipart/form-data; boundary={boundary}"}
