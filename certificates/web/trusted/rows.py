"""Lists, changes, entries and certificates as rows with their words."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from cryptography import x509
from django.utils.translation import gettext as _

from certificates.domain.lifecycle import Environment
from certificates.domain.trusted import ChangeKind, ListKind, Refusal, service_kind
from certificates.models import ListChange, ListVersion, PlatformCertificate, WatchedList
from certificates.models.trusted.platform import Source, Use
from certificates.selectors.trusted import purposes_of
from certificates.services.trusted.take_up import is_trusted
from certificates.trust.lists.acceptance import digest_of
from certificates.trust.lists.reading import ListedService
from certificates.trust.stores.entries import Entry
from certificates.trust.stores.names import subject_of
from certificates.web.parts.words import ENVIRONMENTS
from certificates.web.trusted.words import (
    CHANGES,
    LISTS,
    OTHER_SERVICE,
    PURPOSES,
    REFUSALS,
    SERVICES,
    SOURCES,
    USES,
)
from organisations.web.words import Label, Text

SOON = timedelta(days=30)


@dataclass(frozen=True)
class OfEnvironment:
    """What belongs to one environment."""

    environment: str
    is_acceptance: bool


@dataclass(frozen=True)
class ListRow(OfEnvironment):
    """One list: how it stands."""

    watched: WatchedList
    name: Text
    state: Label
    why: Text


@dataclass(frozen=True)
class ChangeRow(OfEnvironment):
    """One change, and what it touches."""

    change: ListChange
    what: Label
    service: Text
    stores: tuple[Text, ...]
    certificates: int
    ahead: bool


@dataclass(frozen=True)
class EntryRow:
    """One entry of a store."""

    entry: Entry
    subject: str
    fingerprint: str
    ends: datetime
    state: Label


@dataclass(frozen=True)
class PlatformRow(OfEnvironment):
    """One certificate of the platform."""

    certificate: PlatformCertificate
    use: Text
    source: Text
    state: Label
    done: int
    all: int


@dataclass(frozen=True)
class VersionRow:
    """One version of a list with its changes."""

    version: ListVersion
    changes: tuple[ChangeRow, ...]


@dataclass(frozen=True)
class ServiceRow:
    """One service as a list says it."""

    service: ListedService
    kind: Text
    state: Label
    since: datetime


def service_rows(services: Iterable[ListedService], now: datetime) -> list[ServiceRow]:
    """Return what a list says of each service at `now`; of a kind that we do not trust too."""
    found = []
    for one in services:
        status = one.status_at(now)
        if not status:
            state = Label(_("Begins later"), "warn")
        elif one.kind is not None and is_trusted(status):
            state = Label(_("Trusted"), "good")
        else:
            state = Label(_("Not trusted"), "quiet" if one.kind is None else "bad")
        kind = SERVICES[one.kind] if one.kind else OTHER_SERVICE
        found.append(ServiceRow(one, kind, state, one.current.since))
    return found


def _of(environment: str) -> tuple[str, bool]:
    return str(ENVIRONMENTS[Environment(environment)]), environment == Environment.ACCEPTANCE


def list_row(watched: WatchedList, now: datetime) -> ListRow:
    """Return how a list stands."""
    version = watched.current
    why: Text = REFUSALS[Refusal(watched.refusal)] if watched.refusal else ""
    if watched.closed_at:
        state = Label(_("Closed by its operator"), "bad")
    elif version is None:
        state = Label(_("Not verified yet"), "bad" if watched.refusal else "busy")
    elif version.next_update is not None and version.next_update <= now:
        state = Label(_("Over: no newer one came"), "bad")
    elif watched.refusal:
        state = Label(_("A newer one was refused"), "warn")
    else:
        state = Label(_("Verified"), "good")
    return ListRow(*_of(watched.environment), watched, LISTS[ListKind(watched.kind)], state, why)


def change_row(change: ListChange, counts: Counter[str], now: datetime) -> ChangeRow:
    """Return a change with the stores that it touches and how many certificates of the reader stand below it."""
    kind = service_kind(change.type)
    return ChangeRow(
        *_of(change.version.list.environment),
        change,
        CHANGES[ChangeKind(change.kind)],
        SERVICES[kind] if kind else OTHER_SERVICE,
        tuple(PURPOSES[one] for one in purposes_of(change)),
        counts[change.subject] if change.subject else 0,
        change.effective_at is not None and change.effective_at > now,
    )


def entry_rows(entries: Iterable[Entry], now: datetime) -> list[EntryRow]:
    """Return the entries of a store: what ended stays in it, and is marked."""
    found = []
    for one in entries:
        ends = x509.load_der_x509_certificate(one.der).not_valid_after_utc
        if one.past:
            state = Label(_("Past: for old stamps"))
        elif ends <= now:
            state = Label(_("Ended"), "bad")
        elif ends <= now + SOON:
            state = Label(_("Ends soon"), "warn")
        else:
            state = Label(_("Trusted"), "good")
        found.append(EntryRow(one, subject_of(one.der), digest_of(one.der), ends, state))
    return found


def platform_row(certificate: PlatformCertificate, done: tuple[int, int], now: datetime) -> PlatformRow:
    """Return a certificate of the platform: whether it is used, comes, or is over."""
    begins = certificate.switch_at or certificate.not_before
    if certificate.not_after <= now:
        state = Label(_("Ended"))
    elif begins > now:
        state = Label(_("Comes"), "warn")
    elif certificate.not_after <= now + SOON:
        state = Label(_("Ends soon"), "warn")
    else:
        state = Label(_("Valid"), "good")
    return PlatformRow(
        *_of(certificate.environment),
        certificate,
        USES[Use(certificate.use)],
        SOURCES[Source(certificate.source)],
        state,
        *done,
    )
