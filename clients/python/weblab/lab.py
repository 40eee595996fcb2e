"""The way in."""
from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any, Dict, Iterator, Mapping, Optional, Sequence, Tuple, Union

from . import attacks
from .checkpoints import Checkpoint, Checkpoints
from .datasets import Datasets
from .evaluations import Evaluations
from .experiments import Experiments
from .models import Models
from .runs import Queue, Run, Runs
from .sweeps import Sweeps
from .webhooks import Webhooks
from .wire import Connection

LOGIN = "`./lab remote login` was not run"


class Lab:
    """A WebLab server.

    url, key: by default WEBLAB_URL and WEBLAB_KEY, else what `./lab remote login` stored.
    timeout: seconds that a single answer may take.
    patience: seconds to keep trying while the server is busy or gone.
    """

    def __init__(self, url: Optional[str] = None, key: Optional[str] = None, timeout: float = 60, patience: float = 60) -> None:
        stored = stored_login() if not (url or os.environ.get("WEBLAB_URL")) or not (key or os.environ.get("WEBLAB_KEY")) else {}
        url = url or os.environ.get("WEBLAB_URL") or stored.get("url") or "http://127.0.0.1:5080"
        key = key or os.environ.get("WEBLAB_KEY") or (stored.get("key") if stored.get("url", "").rstrip("/") == url.rstrip("/") else None)
        if not key:
            raise ValueError(f"key: not given, WEBLAB_KEY is not set and {LOGIN} for {url}; make a key on the page 'API keys'")
        self.connection = Connection(url, key, timeout, patience)
        self.experiments = Experiments(self)
        self.runs = Runs(self)
        self.evaluations = Evaluations(self)
        self.checkpoints = Checkpoints(self)
        self.datasets = Datasets(self)
        self.models = Models(self)
        self.queue = Queue(self)
        self.sweeps = Sweeps(self)
        self.webhooks = Webhooks(self)

    @property
    def url(self) -> str:
        return self.connection.url

    def __repr__(self) -> str:
        return f"Lab({self.url!r})"

    def me(self) -> Dict[str, Any]:
        """Whose key this is and what it may do."""
        return dict(self.connection.get("/auth/session"))

    def system(self) -> Dict[str, Any]:
        """Versions, processor, memory, disk and devices of the server."""
        return dict(self.connection.get("/system"))

    def networks(self, dataset: Optional[str] = None, limit: Optional[int] = None) -> Iterator[Dict[str, Any]]:
        """Checkpoints of all runs that can be attacked and evaluated, newest first."""
        return self.connection.pages("/checkpoints", {"datasetId": dataset}, limit)

    def recipe(self, preset: str) -> Dict[str, Any]:
        """A copy of a recipe that ships with the server, such as ``shapes32-pgd-at``, to change and to run."""
        presets = self.connection.get("/presets")
        for one in presets:
            if one["id"] == preset:
                return dict(one["recipe"])
        raise LookupError(f"preset: got {preset!r}, wanted one of {', '.join(one['id'] for one in presets)}")

    def attack(self, of: Union[str, Run, Checkpoint], *images: attacks.Image, samples: Sequence[Tuple[str, str, int]] = (),
               attack: Mapping[str, Any] = attacks.PGD, seed: int = 0, amplify: float = 10) -> attacks.AttackResult:
        """Attacks images while you wait.

        of: a run (its best checkpoint is taken), a checkpoint or the id of one.
        images: files or bytes (JPEG, PNG, WebP, ...); or samples: (data set, split, index).
        attack: as in recipes; PGD with 20 steps at 8/255 by default.
        """
        return attacks.attack(self, of, images, samples, attack, seed, amplify)


def login_file() -> Path:
    home = os.environ.get("XDG_CONFIG_HOME") or os.path.join(os.path.expanduser("~"), ".config")
    return Path(home) / "weblab" / "login.json"


def stored_login() -> Dict[str, str]:
    try:
        found = json.loads(login_file().read_text())
    except (OSError, ValueError):
        return {}
    return {k: v for k, v in found.items() if isinstance(v, str)} if isinstance(found, dict) else {}
