"""The trust stores of an environment: what stands in each at a moment, and its bytes as software loads them."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from uuid import UUID

from django.utils.crypto import salted_hmac

from certificates.domain.lifecycle import Environment
from certificates.domain.trusted import FEEDS, SHELVES, Purpose, ServiceKind
from certificates.errors.trusted import NoListYet, StorePasswordRefused
from certificates.models import ListVersion, StoreNumber, WatchedList
from certificates.services.trusted.operators import anchors
from certificates.services.trusted.take_up import is_trusted
from certificates.trust.lists.acceptance import digest_of
from certificates.trust.lists.reading import ListedService, TrustedList, read_list
from certificates.trust.stores.building import SALTED, Form, build
from certificates.trust.stores.entries import Entry
from certificates.trust.stores.names import alias_of

WRITING = "1"
"""Changes when the same entries are written otherwise."""
SHORTEST_PASSWORD, LONGEST_PASSWORD = 4, 100


@dataclass(frozen=True)
class Store:
    """What a store holds, and of which version of which list it was made."""

    environment: Environment
    purpose: Purpose
    entries: tuple[Entry, ...]
    version_id: UUID
    sequence: int
    issued_at: datetime
    next_update: datetime | None

    def etag(self, form: str, password: str) -> str:
        """Return the tag of this store in a form: of its bytes, or weak where the form is salted."""
        told = hashlib.sha256(f"{WRITING}\n{form}\n".encode())
        for one in self.entries:
            told.update(f"{one.alias}\n{one.past}\n{one.since.isoformat()}\n".encode() + one.der)
        told.update(salted_hmac("trust store", password, algorithm="sha256").digest())
        return f'{"W/" if form in SALTED else ""}"{told.hexdigest()[:40]}"'


@lru_cache(maxsize=24)
def list_of(version_id: UUID) -> TrustedList:
    """Return what a version says; read once a process, since versions never change."""
    signed = ListVersion.objects.values_list("signed", flat=True).get(pk=version_id)
    return read_list(bytes(signed))


def store_of(environment: Environment, purpose: Purpose, now: datetime) -> Store:
    """Return the store for a purpose as it is at `now`. Raises NoListYet where no list was verified so far."""
    kind, kinds = FEEDS[purpose]
    rows = WatchedList.objects.filter(environment=environment, kind=kind).select_related("current")
    watched = rows.defer("current__content", "current__signed").first()
    if watched is None or watched.current is None:
        raise NoListYet
    version = watched.current
    numbers = {
        one.fingerprint: one
        for one in StoreNumber.objects.filter(environment=environment, purpose=purpose).order_by("number")
    }
    held = _held(environment, purpose, kinds, list_of(version.pk), numbers, now)
    entries = tuple(
        Entry(
            alias_of(purpose, environment, one.number, bytes(one.der)), bytes(one.der), one.since, held[key]
        )
        for key, one in numbers.items()
        if key in held
    )
    return Store(
        environment,
        purpose,
        entries,
        version.pk,
        version.sequence,
        version.issued_at,
        version.next_update,
    )


def _held(
    environment: Environment,
    purpose: Purpose,
    kinds: frozenset[ServiceKind],
    found: TrustedList,
    numbers: dict[str, StoreNumber],
    now: datetime,
) -> dict[str, bool]:
    """Return the fingerprints of what stands in a store, and of each whether it is past."""
    held: dict[str, bool] = {}
    listed: set[str] = set()
    operators = {digest_of(der) for der in anchors(environment)}
    for service in found.services:
        if service.kind not in kinds:
            continue
        prints = [digest_of(der) for der in service.certificates]
        listed.update(prints)
        if service.kind is ServiceKind.OPERATOR:
            prints = [one for one in prints if one in operators]
        if is_trusted(service.status_at(now)):
            held |= dict.fromkeys(prints, False)
        elif purpose is Purpose.TIMESTAMPS and was_trusted(service, now):
            held |= {one: True for one in prints if one not in held}
    if purpose is Purpose.TIMESTAMPS:  # those of earlier versions: stamps are checked long afterwards
        held |= {one: True for one in numbers if one not in listed}
    if purpose is Purpose.OPERATORS:  # who may sign stands there, whatever the list says
        held |= dict.fromkeys(operators, False)
    return held


def was_trusted(service: ListedService, now: datetime) -> bool:
    """Return whether a service was trusted at some moment before `now`."""
    return any(is_trusted(one.status) and one.since <= now for one in (service.current, *service.history))


def bytes_of(store: Store, form: Form, password: str | None) -> bytes:
    """Return a store in a form, with the password that everybody knows where none is given.

    Raises StorePasswordRefused, and StoreNotBuilt where what was written does not read back.
    """
    known = password_for(store.purpose, None)
    wanted = password_for(store.purpose, password)
    # One of somebody's own is made for that one: it must not push out what all others ask for.
    return _built(store.entries, form, known) if wanted == known else build(store.entries, form, wanted)


def password_for(purpose: Purpose, given: str | None) -> str:
    """Return the password of a store. Raises StorePasswordRefused for one that software would not take."""
    if not given:
        return SHELVES[purpose].password
    if (
        not SHORTEST_PASSWORD <= len(given) <= LONGEST_PASSWORD
        or not given.isascii()
        or not given.isprintable()
    ):
        raise StorePasswordRefused
    return given


@lru_cache(maxsize=48)
def _built(entries: tuple[Entry, ...], form: Form, password: str) -> bytes:
    return build(entries, form, password)


def settings_lines(store: Store, folder: str, password: str) -> list[str]:
    """Return the lines that connector software expects in its settings for a store."""
    shelf = SHELVES[store.purpose]
    lines = [f"{shelf.location}={folder}{shelf.file}"]
    lines += [one.format(password=password) for one in shelf.others]
    if store.purpose is Purpose.TIMESTAMPS:  # only older set-ups name them one by one, and then without gaps
        aliases: Sequence[str] = [one.alias for one in store.entries]
        lines += [f"timestamp.signature.cert.alias.{place}={one}" for place, one in enumerate(aliases, 1)]
    return lines
