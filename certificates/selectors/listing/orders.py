"""In which orders the list stands. An index leads through each, so that a page deep in it costs what the first does.

What an index cannot order by itself is put together of stretches that it can: the state of a certificate changes with
the day, but whether anything is still to be done about it stands in its row, and the rest is a matter of its end.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from uuid import UUID

from django.db.models import Q, Value

from certificates.domain.lifecycle import Environment
from certificates.models import Certificate, CertificateQuerySet
from certificates.models.certificate import OPEN, SETTLED
from certificates.succession import NAME
from organisations.keyset import Page, beyond, cut, page_of

ENDED_LATELY = timedelta(days=90)
"""How long what has ended without a successor is said to need someone."""


@dataclass(frozen=True)
class Stretch:
    """One part of an order: which certificates stand in it, and by which columns; the id comes last."""

    by: tuple[str, ...] = ("not_after",)
    where: Q = field(default_factory=Q)
    descending: bool = False

    def turned(self) -> "Stretch":
        """Return the same the other way round."""
        return Stretch(self.by, self.where, not self.descending)

    def sorting(self) -> list[str]:
        """Return what `order_by` takes."""
        return [f"{'-' if self.descending else ''}{column}" for column in (*self.by, "pk")]


Order = tuple[Stretch, ...]


def _by_name(_now: datetime) -> Order:
    """Applications by their id; after them what has none, by its name."""
    by = ("application_id", "common_name", "not_after")
    return Stretch(by, Q(application_id__gt="")), Stretch(by, Q(application_id=""))


def _by_number(_now: datetime) -> Order:
    return (Stretch((*NAME, "not_after")),)


def _by_environment(_now: datetime) -> Order:
    return tuple(
        Stretch(where=Q(environment=one.value)) for one in (Environment.PRODUCTION, Environment.ACCEPTANCE)
    )


def _by_state(now: datetime) -> Order:
    """What somebody has to do something about, the most urgent first: by its end, from what ended a short while ago on.

    Then what ended long ago, and last what is settled: renewed, revoked or about to be, or not recognised.
    """
    lately = now - ENDED_LATELY
    return (
        Stretch(where=OPEN & Q(not_after__gt=lately)),
        Stretch(where=OPEN & Q(not_after__lte=lately), descending=True),
        Stretch(where=SETTLED, descending=True),
    )


SOONEST: Order = (Stretch(),)
_FORWARD: dict[str, Callable[[datetime], Order]] = {
    "": lambda _now: SOONEST,
    "state": _by_state,
    "name": _by_name,
    "identifier": _by_number,
    "environment": _by_environment,
    "-added": lambda _now: (Stretch(("created_at",), descending=True),),
}
BACK = {
    "": "latest",
    "state": "-state",
    "name": "-name",
    "identifier": "-identifier",
    "environment": "-environment",
    "-added": "added",
}
"""What each order is called the other way round."""
ORDERS = tuple(name for pair in BACK.items() for name in pair)


def order_named(name: str, now: datetime) -> Order:
    """Return the order of a name of `ORDERS`, at a moment."""
    if name in _FORWARD:
        return _FORWARD[name](now)
    forward = next(one for one, back in BACK.items() if back == name)
    return tuple(one.turned() for one in reversed(_FORWARD[forward](now)))


def in_order(rows: CertificateQuerySet, order: Order) -> list[CertificateQuerySet]:
    """Return the certificates of each stretch, one after the other."""
    return [rows.filter(one.where).order_by(*one.sorting()) for one in order]


def paged(
    rows: CertificateQuerySet, order: Order, *, after: str | None, before: str | None, size: int
) -> Page[Certificate]:
    """Return a page of an order, beginning after the cursor `after` or ending before `before`."""
    if len(order) == 1 and len(order[0].by) == 1:
        [one] = order
        [by] = one.by
        return page_of(rows, by=by, after=after, before=before, size=size, descending=one.descending)
    position = _read(before or after, order)
    if position is None:
        before = None
    back = before is not None
    ways = tuple(one.turned() for one in order) if back else order
    steps = range(len(ways))[::-1] if back else range(len(ways))
    found: list[tuple[int, Certificate]] = []
    for step in steps:
        if position is not None and (step > position.stretch if back else step < position.stretch):
            continue
        some = rows.filter(ways[step].where).order_by(*ways[step].sorting())
        if position is not None and step == position.stretch:
            some = some.filter(position.beyond(ways[step]))
        found += [(step, one) for one in some[: size + 1 - len(found)]]
        if len(found) > size:
            break
    shown, following, previous = cut(
        found, size, back=back, begun=position is None, cursor=lambda one: f"{one[0]}.{one[1].pk}"
    )
    return Page([one for _step, one in shown], following, previous)


@dataclass(frozen=True)
class _Position:
    """In which stretch a row stands, and its columns."""

    stretch: int
    values: tuple[object, ...]

    def beyond(self, stretch: Stretch) -> object:
        columns = (*stretch.by, "pk")
        fields = [Certificate._meta.get_field(column if column != "pk" else "id") for column in columns]
        there = [Value(value, field) for value, field in zip(self.values, fields, strict=True)]  # type: ignore[arg-type]  # no relation among them
        return beyond(columns, there, descending=stretch.descending)


def _read(cursor: str | None, order: Order) -> _Position | None:
    """Return the position of a cursor: the row that it names is looked up. None where there is none such."""
    stretch, _dot, key = (cursor or "").partition(".")
    if stretch not in {str(number) for number in range(len(order))}:
        return None
    try:
        named = UUID(key)
    except ValueError:
        return None
    by = order[int(stretch)].by
    found = Certificate.objects.filter(pk=named).values_list(*by, "pk").first()
    return None if found is None else _Position(int(stretch), tuple(found))
