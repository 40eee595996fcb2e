"""The registry: named models, their versions, and how far each has come."""
from __future__ import annotations

import os
import shutil
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, Dict, Iterator, List, Optional, Sequence, Union

from .attacks import Guess, Image, form
from .checkpoints import Checkpoint
from .records import Record
from .runs import Run
from .wire import quoted

if TYPE_CHECKING:
    from .lab import Lab


@dataclass(frozen=True)
class RobustFigure(Record):
    """A robust accuracy with its 95 % interval and what stands behind it. grade: A to F, of the evaluation's own checks."""

    evaluation_id: str
    clean: float
    accuracy: float
    low: float
    high: float
    threat: str
    battery: str
    grade: str


@dataclass(frozen=True)
class ModelVersion(Record):
    """A checkpoint under a model's name. robust: the best figure that can be trusted; None: none yet.

    notes, classes, bytes and sha256 are not part of a list's rows.
    """

    model: str
    number: int
    stage: str
    checkpoint_id: str
    run_id: str
    run_name: str
    epoch: int
    architecture: Optional[str] = None
    method: Optional[str] = None
    dataset_id: Optional[str] = None
    clean_accuracy: Optional[float] = None
    robust: Optional[RobustFigure] = None
    promoted_by: Optional[str] = None
    created_at: Optional[datetime] = None
    notes: str = ""
    classes: List[str] = field(default_factory=list)
    bytes: Optional[int] = None
    sha256: Optional[str] = None
    version: str = ""

    def move(self, stage: str) -> "ModelVersion":
        """stage: candidate, released or retired."""
        return self._lab.models.update_version(self.model, self.number, stage=stage)

    def predict(self, *images: Image) -> "Prediction":
        """What it says of files or bytes (JPEG, PNG, WebP, ...), at most 256."""
        return self._lab.models.predict(self.model, self.number, *images)

    def download(self, target: Union[str, "os.PathLike[str]"] = ".", name: str = "model.onnx") -> Path:
        """Writes ``model.onnx`` or ``weights.safetensors``. target: a file, or a folder in which the file keeps its name."""
        return self._lab.models.download(self.model, self.number, target, name)


@dataclass(frozen=True)
class Model(Record):
    """versions: how many in a list's row; items: they themselves, newest first, where one model was asked for."""

    name: str
    notes: str = ""
    tags: List[str] = field(default_factory=list)
    versions: Optional[int] = None
    newest: Optional[ModelVersion] = None
    released: Optional[int] = None
    items: List[ModelVersion] = field(default_factory=list)
    created_by: Optional[str] = None
    created_at: Optional[datetime] = None
    trashed_at: Optional[datetime] = None
    version: str = ""

    def refresh(self) -> "Model":
        return self._lab.models.get(self.name)

    def promote(self, of: Union[str, Run, Checkpoint], stage: str = "candidate", notes: Optional[str] = None) -> ModelVersion:
        return self._lab.models.promote(self.name, of, stage, notes)


@dataclass(frozen=True)
class PredictedImage(Record):
    label: int
    name: str
    probability: float
    probabilities: List[Guess] = field(default_factory=list)


@dataclass(frozen=True)
class Prediction(Record):
    """What a version says of images, in the order of ``items``."""

    model: str
    version: int
    classes: List[str]
    items: List[PredictedImage]
    device: str = ""
    seconds: float = 0.0

    def _repr_html_(self) -> str:
        from .notebook import table
        return table(("class", "probability"), [(i.name, i.probability) for i in self.items])


class Models:
    def __init__(self, lab: "Lab") -> None:
        self._lab = lab

    def list(self, text: Optional[str] = None, stage: Optional[str] = None, trashed: bool = False, limit: Optional[int] = None) -> Iterator[Model]:
        """By name, each with its newest version. text: found in name or notes; stage: only those with a version of it."""
        query = dict(text=text, stage=stage, trashed=trashed or None)
        return (Model.of(raw, self._lab) for raw in self._lab.connection.pages("/models", query, limit))

    def get(self, name: str) -> Model:
        return Model.of(self._lab.connection.get(f"/models/{quoted(name)}"), self._lab)

    def version(self, name: str, number: int) -> ModelVersion:
        return ModelVersion.of(self._lab.connection.get(_home(name, number)), self._lab)

    def promote(self, name: str, of: Union[str, Run, Checkpoint], stage: str = "candidate", notes: Optional[str] = None) -> ModelVersion:
        """Makes a checkpoint (of a run: its best) the next version of a model, which is made where there is none."""
        checkpoint = of if isinstance(of, str) else of.best().id if isinstance(of, Run) else of.id
        body = {"checkpointId": checkpoint, "stage": stage, **({"notes": notes} if notes else {})}
        return ModelVersion.of(self._lab.connection.post(f"/models/{quoted(name)}/versions", body), self._lab)

    def update(self, name: str, notes: Optional[str] = None, tags: Optional[Sequence[str]] = None) -> Model:
        """Refused if somebody changed it since it was read here."""
        changes: Dict[str, Any] = {**({"notes": notes} if notes is not None else {}), **({"tags": [*tags]} if tags is not None else {})}
        headers = {"If-Match": f'"{self.get(name).version}"'}
        return Model.of(self._lab.connection.call("PATCH", f"/models/{quoted(name)}", changes, headers=headers), self._lab)

    def update_version(self, name: str, number: int, stage: Optional[str] = None, notes: Optional[str] = None) -> ModelVersion:
        """Refused if somebody changed it since it was read here."""
        changes = {k: v for k, v in dict(stage=stage, notes=notes).items() if v is not None}
        headers = {"If-Match": f'"{self.version(name, number).version}"'}
        return ModelVersion.of(self._lab.connection.call("PATCH", _home(name, number), changes, headers=headers), self._lab)

    def predict(self, name: str, number: int, *images: Image) -> Prediction:
        body, headers = form({}, images)
        return Prediction.of(self._lab.connection.call("POST", f"{_home(name, number)}:predict", body, headers=headers, timeout=180), self._lab)

    def download(self, name: str, number: int, target: Union[str, "os.PathLike[str]"] = ".", file: str = "model.onnx") -> Path:
        path = Path(target)
        if path.is_dir():
            path = path / file
        part = path.with_name(path.name + ".part")
        try:
            with self._lab.connection.open("GET", f"{_home(name, number)}/files/{quoted(file)}", headers={"Accept": "*/*"}, timeout=300) as answer, open(part, "wb") as out:
                shutil.copyfileobj(answer, out)
            os.replace(part, path)
        finally:
            if part.exists():
                part.unlink()
        return path

    def trash(self, name: str) -> None:
        self._lab.connection.call("DELETE", f"/models/{quoted(name)}", headers={"If-Match": f'"{self.get(name).version}"'})

    def restore(self, name: str) -> None:
        self._lab.connection.post(f"/models/{quoted(name)}:restore")


def _home(name: str, number: int) -> str:
    return f"/models/{quoted(name)}/versions/{number}"
