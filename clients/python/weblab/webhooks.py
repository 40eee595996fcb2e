"""Webhooks: addresses that the server tells of events. They need a key with the scope ``admin``."""
from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING, Any, Dict, Iterator, List, Mapping, Optional, Sequence

from .records import Record
from .wire import quoted

if TYPE_CHECKING:
    from .lab import Lab


@dataclass(frozen=True)
class Threshold(Record):
    """A metric of runs and the value at which to tell. comparison: >= or <=."""

    metric: str
    comparison: str
    value: float


@dataclass(frozen=True)
class Delivery(Record):
    """One event on its way. state: waiting, delivered or given-up; last_status: of the last reply, None when there was none."""

    id: str
    webhook_id: str
    event: str
    title: str
    state: str
    attempts: int
    created_at: Optional[datetime] = None
    delivered_at: Optional[datetime] = None
    next_at: Optional[datetime] = None
    last_status: Optional[int] = None
    last_error: Optional[str] = None

    def retry(self) -> "Delivery":
        return Delivery.of(self._lab.connection.post(f"/webhooks/{quoted(self.webhook_id)}/deliveries/{quoted(self.id)}:retry"), self._lab)


@dataclass(frozen=True)
class Webhook(Record):
    """secret: signs what is sent (docs/webhooks.md); told once, to whoever makes the webhook or rotates its secret."""

    id: str
    name: str
    url: str
    enabled: bool
    events: List[str] = field(default_factory=list)
    thresholds: List[Threshold] = field(default_factory=list)
    failing_since: Optional[datetime] = None
    created_by: Optional[str] = None
    created_at: Optional[datetime] = None
    version: str = ""
    secret: Optional[str] = field(default=None, repr=False)

    def test(self) -> Delivery:
        """Sends a test event now and says what came of it."""
        return Delivery.of(self._lab.connection.post(f"/webhooks/{quoted(self.id)}:test"), self._lab)

    def rotate_secret(self) -> "Webhook":
        """Its next secret; the old one signs nothing any more."""
        return _with_secret(self._lab, self._lab.connection.call("POST", f"/webhooks/{quoted(self.id)}:rotate-secret", {}, repeatable=False))

    def deliveries(self, limit: Optional[int] = None) -> Iterator[Delivery]:
        """What was sent, newest first."""
        return (Delivery.of(raw, self._lab) for raw in self._lab.connection.pages(f"/webhooks/{quoted(self.id)}/deliveries", None, limit))

    def update(self, **changes: Any) -> "Webhook":
        """name, url, events, thresholds or enabled; refused if somebody changed it since it was read."""
        return Webhook.of(self._lab.connection.call("PATCH", f"/webhooks/{quoted(self.id)}", changes, headers={"If-Match": f'"{self.version}"'}), self._lab)

    def delete(self) -> None:
        self._lab.connection.call("DELETE", f"/webhooks/{quoted(self.id)}", headers={"If-Match": f'"{self.version}"'})


class Webhooks:
    def __init__(self, lab: "Lab") -> None:
        self._lab = lab

    def list(self) -> List[Webhook]:
        return [Webhook.of(raw, self._lab) for raw in self._lab.connection.get("/webhooks")]

    def get(self, id: str) -> Webhook:
        return Webhook.of(self._lab.connection.get(f"/webhooks/{quoted(id)}"), self._lab)

    def create(self, name: str, url: str, events: Sequence[str] = (), thresholds: Sequence[Mapping[str, Any]] = (), enabled: bool = True) -> Webhook:
        """events: run.finished, run.failed, run.stalled, run.watchdog. thresholds: such as ``{"metric": "probe.pgd10", "comparison": ">=", "value": 0.5}``."""
        body: Dict[str, Any] = dict(name=name, url=url, events=[*events], thresholds=[dict(t) for t in thresholds], enabled=enabled)
        return _with_secret(self._lab, self._lab.connection.call("POST", "/webhooks", body, repeatable=False))


def _with_secret(lab: "Lab", answer: Mapping[str, Any]) -> Webhook:
    return Webhook.of({**answer["webhook"], "secret": answer["secret"]}, lab)
