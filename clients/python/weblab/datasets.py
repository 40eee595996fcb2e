"""Data sets: what is there, its images, and uploads that survive a cut line."""
from __future__ import annotations

import builtins
import os
import re
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, Callable, Dict, Iterator, List, Optional, Union

from .errors import LabError, Problem, Unreachable
from .records import Record
from .runs import Run
from .wire import pause_after, quoted

if TYPE_CHECKING:
    from .lab import Lab

PART_BYTES = 16 << 20
TRIES = 8


@dataclass(frozen=True)
class Shape(Record):
    channels: int
    height: int
    width: int


@dataclass(frozen=True)
class ClassCount(Record):
    label: int
    name: str
    train: int
    test: int


@dataclass(frozen=True)
class Dataset(Record):
    id: str
    name: str
    version: str
    shape: Shape
    train_count: int
    test_count: int
    bytes: int
    versions: List[str] = field(default_factory=list)
    classes: List[ClassCount] = field(default_factory=list)
    mean: List[float] = field(default_factory=list)
    std: List[float] = field(default_factory=list)
    licence: str = ""
    source: str = ""
    imported_at: Optional[datetime] = None
    rejected_count: int = 0

    def samples(self, split: Optional[str] = None, label: Optional[int] = None, offset: int = 0, limit: Optional[int] = None) -> Iterator["Sample"]:
        """split: train or test; label: only this class."""
        return self._lab.datasets.samples(self.id, self.version, split, label, offset, limit)

    def image(self, split: str, index: int) -> builtins.bytes:
        """One image as PNG."""
        with self._lab.connection.open("GET", f"/datasets/{quoted(self.id)}/samples/{split}/{index}.png", query={"version": self.version}) as answer:
            return builtins.bytes(answer.read())

    def statistics(self) -> Dict[str, Any]:
        """Sizes, balance, channel means and deviations of both splits."""
        return dict(self._lab.connection.get(f"/datasets/{quoted(self.id)}/statistics", {"version": self.version}))

    def duplicates(self) -> Dict[str, Any]:
        """Images that occur twice and test images that are in the training split; searches for them where nobody has."""
        found = self._lab.connection.post(f"/datasets/{quoted(self.id)}:find-duplicates", {"version": self.version})
        while found["state"] in ("waiting", "searching"):
            self._lab.connection.sleep(0.5)
            found = self._lab.connection.get(f"/datasets/{quoted(self.id)}/duplicates", {"version": self.version})
        if found["state"] != "ready":
            raise LabError(f"the search for duplicates in {self.id} ended as {found['state']}: {found.get('message') or 'somebody stopped it'}")
        return dict(found["report"])


@dataclass(frozen=True)
class Sample(Record):
    index: int
    label: int
    class_name: str


class Datasets:
    def __init__(self, lab: "Lab") -> None:
        self._lab = lab

    def list(self, limit: Optional[int] = None) -> Iterator[Dataset]:
        return (Dataset.of(raw, self._lab) for raw in self._lab.connection.pages("/datasets", None, limit))

    def get(self, id: str, version: Optional[str] = None) -> Dataset:
        path = f"/datasets/{quoted(id)}" + (f"/versions/{quoted(version)}" if version else "")
        return Dataset.of(self._lab.connection.get(path), self._lab)

    def make(self, builtin: str, id: Optional[str] = None, **more: Any) -> Run:
        """Queues the making of a built-in set, such as ``shapes32`` (train, test, seed); gives the run to wait for."""
        made = self._lab.connection.post("/datasets", {"builtin": builtin, **({"id": id} if id else {}), **more})
        return self._lab.runs.get(made["runId"])

    def samples(self, id: str, version: Optional[str] = None, split: Optional[str] = None, label: Optional[int] = None, offset: int = 0,
                limit: Optional[int] = None) -> Iterator[Sample]:
        left = limit
        while left is None or left > 0:
            query = dict(version=version, split=split, label=label, offset=offset, count=256 if left is None else min(256, left))
            page = self._lab.connection.get(f"/datasets/{quoted(id)}/samples", query)
            for raw in page["items"]:
                yield Sample.of(raw, self._lab)
            offset += len(page["items"])
            left = None if left is None else left - len(page["items"])
            if not page["items"] or offset >= page["total"]:
                return

    def upload(self, path: Union[str, "os.PathLike[str]"], id: Optional[str] = None, name: Optional[str] = None, kind: str = "auto",
               tell: Optional[Callable[[int, int], Any]] = None, resume: Optional[str] = None, part_bytes: int = PART_BYTES, **more: Any) -> Run:
        """Sends an archive (zip, tar, tar.gz) and queues its import; gives the run to wait for.

        id: lower-case letters, digits and inner dashes; made from the file's name by default.
        kind: folders, cifar10, cifar100, cifar10-c, svhn, idx, or auto: told by the names of the files.
        tell: called with the bytes that have arrived and the bytes in all.
        resume: the id of an upload that was begun earlier, also by another process.
        more: size, channels, extra, test_only.
        """
        file = Path(path)
        total = file.stat().st_size
        if id is None:
            id = re.sub(r"[^a-z0-9]+", "-", re.sub(r"\.(tar\.gz|tgz|tar|zip|gz)$", "", file.name.lower())).strip("-")[:64]
        home = f"/datasets/{quoted(id)}/uploads"
        state = self._lab.connection.get(f"{home}/{quoted(resume)}") if resume else self._lab.connection.post(home, {"fileName": file.name, "bytes": total})
        if state["expectedBytes"] != total:
            raise ValueError(f"{file}: has {total} bytes, the upload {state['id']} was begun for {state['expectedBytes']}")
        self._send(file, f"{home}/{state['id']}", state, tell, part_bytes)
        options: Dict[str, Any] = {"kind": kind, **({"name": name} if name else {}), **({"testOnly": more.pop("test_only")} if "test_only" in more else {}), **more}
        made = self._lab.connection.post(f"{home}/{state['id']}:complete", options)
        return self._lab.runs.get(made["runId"])

    def _send(self, file: Path, address: str, state: Dict[str, Any], tell: Optional[Callable[[int, int], Any]], part_bytes: int) -> None:
        tries, total = 0, state["expectedBytes"]
        with open(file, "rb") as source:
            while state["receivedBytes"] < total:
                first = state["receivedBytes"]
                source.seek(first)
                part = source.read(min(part_bytes, total - first))
                headers = {"Content-Range": f"bytes {first}-{first + len(part) - 1}/{total}"}
                try:
                    # Not repeated blindly: the server knows how much of a cut part has arrived.
                    state = self._lab.connection.call("PUT", address, part, headers=headers, timeout=300, repeatable=False)
                    tries = 0
                except (Problem, Unreachable) as cut:
                    tries += 1
                    if tries > TRIES or (isinstance(cut, Problem) and cut.status not in (409, 416)):
                        raise
                    self._lab.connection.sleep(pause_after(tries))
                    state = self._lab.connection.get(address)
                if tell:
                    tell(state["receivedBytes"], total)
