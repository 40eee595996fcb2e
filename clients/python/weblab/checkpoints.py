"""Checkpoints of runs and their files."""
from __future__ import annotations

import hashlib
import os
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, List, Optional, Union

from .errors import Damaged, Unreachable
from .records import Record
from .wire import BROKEN, copy, pause_after, quoted

if TYPE_CHECKING:
    from .lab import Lab

WEIGHTS = "weights.safetensors"
TRIES = 8


@dataclass(frozen=True)
class CheckpointFile(Record):
    name: str
    bytes: int


@dataclass(frozen=True)
class Checkpoint(Record):
    """sha256: of its weights. kept: why it is kept, such as ``best-robust``."""

    id: str
    run_id: str
    name: str
    epoch: int
    step: int
    bytes: int
    sha256: str
    kept: List[str] = field(default_factory=list)
    clean_accuracy: Optional[float] = None
    robust_accuracy: Optional[float] = None
    created_at: Optional[datetime] = None
    files: List[CheckpointFile] = field(default_factory=list)

    def download(self, target: Union[str, "os.PathLike[str]"] = WEIGHTS, name: str = WEIGHTS) -> Path:
        """Writes one of its files; weights are compared with the checkpoint's SHA-256.

        target: a file, or a folder in which the file keeps its name.
        Raises Damaged, and leaves nothing behind, when the sum is another.
        """
        return self._lab.checkpoints.download(self, target, name)


class Checkpoints:
    def __init__(self, lab: "Lab") -> None:
        self._lab = lab

    def get(self, id: str) -> Checkpoint:
        return Checkpoint.of(self._lab.connection.get(f"/checkpoints/{quoted(id)}"), self._lab)

    def download(self, checkpoint: Union[str, Checkpoint], target: Union[str, "os.PathLike[str]"] = WEIGHTS, name: str = WEIGHTS) -> Path:
        chosen = self.get(checkpoint) if isinstance(checkpoint, str) else checkpoint
        path = Path(target)
        if path.is_dir():
            path = path / name
        part = path.with_name(path.name + ".part")
        try:
            self._fetch(chosen.id, name, part)
            if name == WEIGHTS and (found := _sha256(part)) != chosen.sha256:
                raise Damaged(f"{path}: SHA-256 is {found}, the server names {chosen.sha256}; download it again")
            os.replace(part, path)
        finally:
            if part.exists():
                part.unlink()
        return path

    def _fetch(self, id: str, name: str, part: Path) -> None:
        """A cut download goes on where it was cut, as long as the file is the same. A body that ends early raises nothing: it leaves a length."""
        have = 0
        tag: Optional[str] = None
        for tries in range(1, TRIES + 1):
            headers = {"Accept": "*/*"}
            if have and tag:
                headers.update({"Range": f"bytes={have}-", "If-Range": tag})
            try:
                with self._lab.connection.open("GET", f"/checkpoints/{quoted(id)}/files/{quoted(name)}", headers=headers) as answer, \
                        open(part, "ab" if answer.status == 206 else "wb") as file:
                    tag = answer.headers.get("ETag")
                    try:
                        copy(answer, file.write)
                    finally:
                        have = file.tell()
                    if not answer.length:
                        return
            except BROKEN:
                pass
            self._lab.connection.sleep(pause_after(tries))
        raise Unreachable(f"{name}: the download was cut {TRIES} times; {have} bytes had arrived")


def _sha256(path: Path) -> str:
    sum = hashlib.sha256()
    with open(path, "rb") as file:
        copy(file, sum.update)
    return sum.hexdigest()
