"""One HTTP request after another, with what a long-lived script needs: patience, repeats that do no harm, refusals as exceptions."""
from __future__ import annotations

import email.utils
import http.client
import json
import time
import urllib.error
import urllib.parse
import urllib.request
import uuid
from typing import IO, Any, Callable, Dict, Iterator, Mapping, Optional, Tuple

from .errors import Problem, Unreachable

# A line that breaks shows as any of these.
BROKEN = (urllib.error.URLError, TimeoutError, ConnectionError, http.client.HTTPException)
Query = Mapping[str, Any]


class Connection:
    """An address and a key.

    patience: seconds that a request keeps trying against a server that is busy (429, 503) or gone.
    """

    def __init__(self, url: str, key: str, timeout: float = 60, patience: float = 60, sleep: Callable[[float], None] = time.sleep) -> None:
        parts = urllib.parse.urlsplit(url)
        if parts.scheme not in ("http", "https") or not parts.netloc:
            raise ValueError(f"url: got {url!r}, wanted an address such as http://127.0.0.1:5080")
        self.url = url.rstrip("/")
        self._key = key
        self.timeout, self.patience, self.sleep = timeout, patience, sleep

    def __repr__(self) -> str:
        return f"Connection({self.url!r})"

    def get(self, path: str, query: Optional[Query] = None) -> Any:
        return self.call("GET", path, query=query)

    def post(self, path: str, body: Any = None, query: Optional[Query] = None) -> Any:
        return self.call("POST", path, body={} if body is None else body, query=query)

    def call(self, method: str, path: str, body: Any = None, query: Optional[Query] = None, headers: Optional[Mapping[str, str]] = None,
             timeout: Optional[float] = None, repeatable: bool = True) -> Any:
        """The decoded JSON of the answer; None where there is no body.

        A POST carries a fresh Idempotency-Key, so that a repeat after a lost answer is answered with the first answer.
        """
        with self.open(method, path, body, query, headers, timeout, repeatable) as answer:
            text = answer.read()
        return json.loads(text) if text else None

    def pages(self, path: str, query: Optional[Query] = None, limit: Optional[int] = None) -> Iterator[Any]:
        """The items of a list, page after page; at most ``limit``."""
        left = limit
        cursor: Optional[str] = None
        while left is None or left > 0:
            page = self.get(path, {**(query or {}), "limit": 200 if left is None else min(200, left), "cursor": cursor})
            for item in page["items"]:
                yield item
            left = None if left is None else left - len(page["items"])
            cursor = page.get("nextCursor")
            if not cursor:
                return

    def open(self, method: str, path: str, body: Any = None, query: Optional[Query] = None, headers: Optional[Mapping[str, str]] = None,
             timeout: Optional[float] = None, repeatable: bool = True) -> Any:
        """The answer as a stream, to be closed by the caller.

        repeatable: the request may be sent again where nobody knows whether it arrived.
        """
        sent: Dict[str, str] = {"Accept": "application/json", **(headers or {}), "Authorization": f"Bearer {self._key}", "User-Agent": "weblab-client/0.1"}
        data, kind = encoded(body)
        if kind and "Content-Type" not in sent:
            sent["Content-Type"] = kind
        if method == "POST" and repeatable:
            sent.setdefault("Idempotency-Key", str(uuid.uuid4()))
        address = self.address(path, query)
        began, tries = time.monotonic(), 0
        while True:
            tries += 1
            try:
                return urllib.request.urlopen(urllib.request.Request(address, data, sent, method=method), timeout=timeout or self.timeout)
            except urllib.error.HTTPError as refusal:
                problem = problem_of(refusal)
                waits = problem.status in (429, 503) or problem.kind == "idempotency-in-flight"
                pause = problem.retry_after if problem.retry_after is not None else pause_after(tries)
                if not waits or time.monotonic() - began + pause > self.patience:
                    raise problem from None
            except BROKEN as gone:
                pause = pause_after(tries)
                if not repeatable or time.monotonic() - began + pause > self.patience:
                    raise Unreachable(f"{self.url} does not answer: {getattr(gone, 'reason', gone)}. Is the server running, and the address right?") from gone
            self.sleep(pause)

    def address(self, path: str, query: Optional[Query] = None) -> str:
        """Of a path below /api/v1, or of one that the server named whole."""
        whole = self.url + (path if path.startswith("/api/") else "/api/v1" + path)
        asked = [(name, wire_value(value)) for name, value in (query or {}).items() if value is not None]
        return f"{whole}?{urllib.parse.urlencode(asked)}" if asked else whole


def quoted(part: str) -> str:
    """A part of a path."""
    return urllib.parse.quote(part, safe="")


def encoded(body: Any) -> Tuple[Optional[bytes], Optional[str]]:
    if body is None:
        return None, None
    if isinstance(body, bytes):
        return body, "application/octet-stream"
    return json.dumps(body).encode(), "application/json"


def wire_value(value: Any) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    return ",".join(map(str, value)) if isinstance(value, (list, tuple)) else str(value)


def pause_after(tries: int) -> float:
    return float(min(10.0, 0.25 * 2 ** min(tries - 1, 6)))


def problem_of(refusal: urllib.error.HTTPError) -> Problem:
    try:
        body = json.loads(refusal.read() or b"{}")
    except ValueError:
        body = {}
    finally:
        refusal.close()
    return Problem(refusal.code, body if isinstance(body, dict) else {}, seconds_of(refusal.headers.get("Retry-After")))


def seconds_of(retry_after: Optional[str]) -> Optional[float]:
    """``Retry-After`` is a number of seconds or a date."""
    if not retry_after:
        return None
    if retry_after.strip().isdigit():
        return float(retry_after)
    try:
        return max(0.0, email.utils.parsedate_to_datetime(retry_after).timestamp() - time.time())
    except (TypeError, ValueError):
        return None


def copy(source: IO[bytes], take: Callable[[bytes], Any], block: int = 1 << 20) -> None:
    while True:
        part = source.read(block)
        if not part:
            return
        take(part)
