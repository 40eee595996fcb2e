"""How records look in a notebook."""
from __future__ import annotations

import dataclasses
from datetime import datetime
from html import escape
from typing import Any, Iterable, Sequence

from .errors import Missing


def axes_of(axes: Any) -> Any:
    """The given axes of matplotlib, or new ones."""
    if axes is not None:
        return axes
    try:
        from matplotlib import pyplot
    except ImportError:
        raise Missing("plot() needs matplotlib: pip install matplotlib") from None
    return pyplot.subplots()[1]


def table(head: Sequence[str], rows: Iterable[Sequence[Any]]) -> str:
    body = "".join("<tr>" + "".join(_cell(value) for value in row) + "</tr>" for row in rows)
    return f"<table><thead><tr>{''.join(f'<th>{escape(name)}</th>' for name in head)}</tr></thead><tbody>{body}</tbody></table>"


def facts(record: Any) -> str:
    """The plain members of a record as a table of two columns."""
    plain = [(f.name, getattr(record, f.name)) for f in dataclasses.fields(record)]
    rows = "".join(f"<tr><th style='text-align:left'>{escape(name.replace('_', ' '))}</th>{_cell(value)}</tr>" for name, value in plain
                   if isinstance(value, (str, int, float, bool, datetime)) and value != "")
    return f"<table><caption>{escape(type(record).__name__)}</caption><tbody>{rows}</tbody></table>"


def _cell(value: Any) -> str:
    if isinstance(value, float):
        return f"<td style='text-align:right'>{value:.4g}</td>"
    if isinstance(value, int) and not isinstance(value, bool):
        return f"<td style='text-align:right'>{value}</td>"
    if isinstance(value, datetime):
        return f"<td>{value:%Y-%m-%d %H:%M:%S} UTC</td>"
    return f"<td style='text-align:left'>{'–' if value is None else escape(str(value))}</td>"
