"""Pages by position, not by number: a page deep in a list costs what the first one does.

A cursor is the sort key of the last row shown, as opaque text. A cursor that cannot be read starts at the beginning.
"""

import base64
import binascii
import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Generic, TypeVar
from uuid import UUID

from django.db import models
from django.db.models import F, Func, Q, Value

MAX_CURSOR = 200
"""Longer than any cursor we hand out; what comes from an address is not parsed without a bound."""

Row = TypeVar("Row", bound=models.Model)
Found = TypeVar("Found")


@dataclass(frozen=True)
class Page(Generic[Row]):
    """Some rows, where the next ones begin (None at the end), and before which the previous ones end (None there)."""

    rows: list[Row]
    next_cursor: str | None
    previous_cursor: str | None = None


def beyond(columns: Sequence[str], values: Sequence[Value], *, descending: bool) -> Func:
    """Return, as SQL, whether a row stands beyond a position in the order of `columns`: one comparison of rows.

    An index in that order is entered at the position; of the same said with "or" it is not. Each value has the output
    field of its column.
    """

    def row(*parts: F | Value) -> Func:
        return Func(*parts, function="ROW", output_field=models.TextField())  # of all; it is only compared

    return Func(
        row(*map(F, columns)),
        row(*values),
        template="(%(expressions)s)",
        arg_joiner=" < " if descending else " > ",
        output_field=models.BooleanField(),
    )


def encode(moment: datetime, key: object) -> str:
    """Return the cursor after a row with this time and primary key."""
    return base64.urlsafe_b64encode(json.dumps([moment.isoformat(), str(key)]).encode()).decode().rstrip("=")


def decode(cursor: str) -> tuple[datetime, UUID] | None:
    """Return time and key of a cursor; None when it is not one of ours."""
    if len(cursor) > MAX_CURSOR:
        return None
    try:
        moment, key = json.loads(base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)))
        position = datetime.fromisoformat(moment), UUID(key)
    except (ValueError, TypeError, AttributeError, binascii.Error):
        return None
    return position if position[0].tzinfo is not None else None


def page_of(
    rows: "models.QuerySet[Row]",
    *,
    by: str,
    after: str | None = None,
    before: str | None = None,
    size: int,
    descending: bool = False,
) -> Page[Row]:
    """Return `size` rows in the order of (`by`, id), beginning after cursor `after` or ending before `before`."""
    back = before is not None and decode(before) is not None
    position = decode(before) if before and back else decode(after) if after else None
    reverse = descending != back
    if position is not None:
        moment, key = position
        there = Value(moment, models.DateTimeField()), Value(key, models.UUIDField())
        rows = rows.filter(beyond((by, "pk"), there, descending=reverse))
    sign = "-" if reverse else ""
    found = list(rows.order_by(f"{sign}{by}", f"{sign}pk")[: size + 1])

    def cursor(row: Row) -> str:
        return encode(getattr(row, by), row.pk)

    return Page(*cut(found, size, back=back, begun=position is None, cursor=cursor))


def cut(
    found: list[Found], size: int, *, back: bool, begun: bool, cursor: Callable[[Found], str]
) -> tuple[list[Found], str | None, str | None]:
    """Return at most `size` of what was found, in the order of the list, and the cursors of the next and previous page.

    One more than `size` says that there are others that way. `back` says that it was found towards the beginning,
    `begun` that it was found from there.
    """
    more = len(found) > size
    found = found[:size]
    if back:
        found.reverse()
    if not found:
        return [], None, None
    follows, precedes = (True, more) if back else (more, not begun)
    return found, cursor(found[-1]) if follows else None, cursor(found[0]) if precedes else None


def page_of_texts(
    rows: "models.QuerySet[Row]", *, by: tuple[str, ...], after: str | None, size: int
) -> Page[Row]:
    """Return `size` rows in the order of the text columns `by`, then id; the cursor is the last row's id.

    Texts are long, so the position is looked up again: one query more, for any page but the first.
    """
    columns = (*by, "pk")
    try:
        last = rows.filter(pk=UUID(after)).values_list(*columns).first() if after else None
    except ValueError:
        last = None
    if last is not None:
        beyond = Q()
        for depth, (column, value) in enumerate(zip(columns, last, strict=True)):
            same = dict(zip(columns[:depth], last[:depth], strict=True))
            beyond |= Q(**same, **{f"{column}__gt": value})
        rows = rows.filter(beyond)
    found = list(rows.order_by(*columns)[: size + 1])
    return Page(*cut(found, size, back=False, begun=True, cursor=lambda row: str(row.pk)))
