"""What can go wrong, as exceptions."""
from __future__ import annotations

from typing import Any, Dict, List, Mapping, Optional


class LabError(Exception):
    """Everything that this package raises on purpose."""


class Unreachable(LabError):
    """The server did not answer, also not after trying again."""


class RunFailed(LabError):
    """A run that was waited for ended as failed or cancelled."""

    def __init__(self, run_id: str, status: str, code: Optional[str] = None, message: Optional[str] = None, suggestion: Optional[str] = None) -> None:
        words = f"run {run_id} ended as {status}"
        if message:
            words += f": {message}"
        if suggestion:
            words += f" {suggestion}"
        super().__init__(words)
        self.run_id, self.status, self.code, self.message, self.suggestion = run_id, status, code, message, suggestion


class Damaged(LabError):
    """What was downloaded does not have the SHA-256 that the server names."""


class Missing(LabError, ImportError):
    """An optional package is needed for this; the message says which."""


class Problem(LabError):
    """The server refused: the members of its RFC 9457 body.

    kind        the last part of ``type``, such as ``validation`` or ``invalid-transition``
    errors      messages by JSON path, query parameter or header
    legal       actions that would be legal now
    retryable   the same request may succeed later
    trace_id    names the request in the server's log
    """

    def __init__(self, status: int, body: Mapping[str, Any], retry_after: Optional[float] = None) -> None:
        self.status = status
        self.type = str(body.get("type") or "about:blank")
        self.kind = self.type.rstrip("/").rsplit("/", 1)[-1]
        self.title = str(body.get("title") or f"status {status}")
        self.detail = str(body.get("detail") or "")
        self.errors: Dict[str, List[str]] = {path: list(messages) for path, messages in (body.get("errors") or {}).items()}
        self.legal: List[str] = list(body.get("legal") or [])
        self.retryable = bool(body.get("retryable"))
        self.trace_id = str(body.get("traceId") or "")
        self.retry_after = retry_after
        super().__init__(self._words())

    def _words(self) -> str:
        words = f"{self.status} {self.kind}: {self.title}"
        told = [f"{path}: {message}" for path, messages in self.errors.items() for message in messages]
        if told:
            return words + "".join(f"\n  {line}" for line in told)
        return f"{words}: {self.detail}" if self.detail else words
