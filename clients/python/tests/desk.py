"""A small HTTP server that answers what a test lays out, and remembers what it was asked (headers in lower case)."""
from __future__ import annotations

import json
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Callable, Dict, List, Tuple

from weblab import Lab

Answer = Callable[[BaseHTTPRequestHandler], None]


class Desk:
    """`answers` are used up in order; each is called with the request."""

    def __init__(self, *answers: Answer) -> None:
        self.asked: List[Tuple[str, str, Dict[str, str], bytes]] = []
        self.slept: List[float] = []
        left = list(answers)
        desk = self

        class Handler(BaseHTTPRequestHandler):
            def _any(self) -> None:
                body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
                desk.asked.append((self.command, self.path, {name.lower(): value for name, value in self.headers.items()}, body))
                (left.pop(0) if left else cuts)(self)

            do_GET = do_POST = do_PUT = do_PATCH = do_DELETE = _any

            def log_message(self, format: str, *args: Any) -> None:
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        threading.Thread(target=self._server.serve_forever, args=(0.02,), daemon=True).start()

    def __enter__(self) -> "Desk":
        return self

    def __exit__(self, *_: Any) -> None:
        self._server.shutdown()
        self._server.server_close()

    def lab(self, **more: Any) -> Lab:
        """A lab at this desk that notes its pauses instead of sleeping."""
        lab = Lab(f"http://127.0.0.1:{self._server.server_port}", "wl_test", timeout=5, **more)
        lab.connection.sleep = self.slept.append
        return lab


def says(body: Any, status: int = 200, **headers: str) -> Answer:
    def answer(request: BaseHTTPRequestHandler) -> None:
        text = body if isinstance(body, bytes) else json.dumps(body).encode()
        request.send_response(status)
        for name, value in headers.items():
            request.send_header(name.replace("_", "-"), value)
        request.send_header("Content-Length", str(len(text)))
        request.end_headers()
        request.wfile.write(text)
    return answer


def cuts(request: BaseHTTPRequestHandler) -> None:
    """Closes the line without an answer."""
    request.close_connection = True
    request.connection.close()


def streams(*events: Dict[str, Any]) -> Answer:
    """Sends events and closes the line."""
    def answer(request: BaseHTTPRequestHandler) -> None:
        request.send_response(200)
        request.send_header("Content-Type", "text/event-stream")
        request.end_headers()
        for event in events:
            request.wfile.write(f": quiet\n\nid: {event['seq']}\nevent: {event['type']}\ndata: {json.dumps(event)}\n\n".encode())
    return answer


def event(seq: int, type: str, **data: Any) -> Dict[str, Any]:
    return {"v": 1, "stream": "run:r", "seq": seq, "at": "2026-11-21T08:00:00.1234567Z", "attempt": 1, "type": type, "data": data}


def problem(status: int, kind: str, **more: Any) -> Dict[str, Any]:
    return {"type": f"https://weblab.dev/problems/{kind}", "title": kind, "status": status, "traceId": "00-1", **more}
