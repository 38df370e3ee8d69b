"""Letters about what software must trust: what changes, a list that is not renewed, a certificate that comes."""

from collections.abc import Callable, Iterator, Sequence
from datetime import date, datetime, timedelta

from django.db.models import Exists, OuterRef
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from agent.wire.days import belgian_day, days_left
from certificates.domain.trusted import MATTERS, Refusal
from certificates.domain.watch.reminders import step_before
from certificates.models import ListChange, ListVersion, PlatformCertificate, WatchedList
from certificates.services.notices.readers import Readers
from certificates.services.notices.words import day_of, name_of
from certificates.services.reminders.ending import Ending
from certificates.services.trusted.ends import ends_in
from organisations.models import Organisation, Reader
from organisations.services.letters.mail import Note
from organisations.services.notices.notice import Notice, Urgency

TOLD_FOR = timedelta(days=30)
"""So long a change is still news, also to an administrator who came later."""
LIST_STEPS = (30, 14, 7, 3, 1, 0)
"""Days before a list is over, from which it is said that no newer one has come; 30 and 14 only after a refusal."""
QUIET_UNTIL = 7
CLOSED = 99
"""The step at which it is said that no further version will come."""
REFUSED_FOR = timedelta(days=1)
"""After so long it is no disturbance any more."""
NAMED = 3
_PASSING = (Refusal.UNREACHABLE, Refusal.HASH)


def trusted_lists(organisation: Organisation, readers: Readers, now: datetime) -> Iterator[Notice]:
    """Find what the administrators are to know of the platform's lists and certificates."""
    yield from _changes(readers, now)
    yield from _stale(readers, now)


def ending_trust(
    organisation: Organisation, readers: Readers, now: datetime, within: timedelta
) -> Iterator[Ending]:
    """Find what the platform switches to or uses, and what its lists trust, that ends within a time."""
    yield from _switches(now, within)
    yield from _ends_of_the_platform(now, within)
    yield from _ends_in_lists(now, within)


def _changes(readers: Readers, now: datetime) -> Iterator[Notice]:
    """One notice for each version with differences that matter, at once."""
    rows = ListChange.objects.filter(version__taken_at__gt=now - TOLD_FOR, kind__in=MATTERS)
    rows = rows.select_related("version__list").defer("version__content", "version__signed")
    by_version: dict[ListVersion, list[ListChange]] = {}
    for change in rows.order_by("version__taken_at", "version_id", "place"):
        by_version.setdefault(change.version, []).append(change)
    for version, changes in by_version.items():
        yield Notice(
            "trusted_change",
            0,
            version,
            readers.administrators,
            _changed(version, changes),
            urgency=Urgency.AT_ONCE,
        )


def _changed(version: ListVersion, changes: Sequence[ListChange]) -> Callable[[Reader], Note]:
    def write(_reader: Reader) -> Note:
        names = _few([one.name for one in changes])
        starts = [
            one.effective_at for one in changes if one.effective_at and one.effective_at > version.taken_at
        ]
        title = ngettext(
            "A trust store changes: %(names)s", "Trust stores change: %(names)s", len(changes)
        ) % {"names": name_of(names, version.list.environment)}
        text = _("Software that does not renew its trust stores by itself needs the new ones.")
        if starts:
            text += " " + _("It counts from %(day)s on.") % {"day": day_of(min(starts))}
        return Note(title, text, reverse("trusted"))

    return write


def _stale(readers: Readers, now: datetime) -> Iterator[Notice]:
    """Lists that near their end, or of which what comes is refused: louder as the end nears."""
    rows = WatchedList.objects.select_related("current").defer("current__content", "current__signed")
    for watched in rows.exclude(current=None).exclude(address=""):
        version, refused = watched.current, watched.refusal != ""
        if version is None:
            continue
        if watched.closed_at is not None:
            yield Notice("trusted_list", CLOSED, version, readers.administrators, _closed(watched))
        if watched.closed_at is not None or version.next_update is None:
            continue
        left = days_left(version.next_update, now)
        step = step_before(LIST_STEPS, left) if refused or left <= QUIET_UNTIL else None
        wrong = refused and watched.refusal not in _PASSING
        if step is None and wrong and watched.refused_since and watched.refused_since < now - REFUSED_FOR:
            step = LIST_STEPS[0] + 1
        if step is not None:
            urgency = Urgency.AT_ONCE if step <= QUIET_UNTIL else Urgency.ROUTINE
            yield Notice(
                "trusted_list",
                step,
                version,
                readers.administrators,
                _not_renewed(watched, version.next_update, now),
                urgency=urgency,
            )


def _not_renewed(watched: WatchedList, ends: datetime, now: datetime) -> Callable[[Reader], Note]:
    def write(_reader: Reader) -> Note:
        told = {"list": name_of(watched.kind, watched.environment), "day": day_of(ends)}
        title = (
            _("The trusted list %(list)s is over since %(day)s") if ends <= now
            else _("The trusted list %(list)s ends on %(day)s and no newer one counts")
        ) % told  # fmt: skip
        text = _("The trust stores stay as they are. What the platform changed since may be missing in them.")
        return Note(title, text, reverse("trusted-list", args=[watched.pk]))

    return write


def _closed(watched: WatchedList) -> Callable[[Reader], Note]:
    return lambda _reader: Note(
        _("The platform closed the trusted list %(list)s")
        % {"list": name_of(watched.kind, watched.environment)},
        _(
            "No other version of it will come. The trust stores stay as they are; ask the platform what follows."
        ),
        reverse("trusted-list", args=[watched.pk]),
    )


def _switches(now: datetime, within: timedelta) -> Iterator[Ending]:
    """Certificates of the platform that come into use: the day was announced, and ends the former one's time."""
    rows = PlatformCertificate.objects.filter(
        switch_at__gt=now, switch_at__lte=now + within, not_after__gt=now
    )
    for certificate in rows.defer("der").order_by("switch_at", "pk"):
        if certificate.switch_at is not None:
            write = _switch(certificate, certificate.switch_at)
            yield Ending("platform_certificate", certificate, certificate.switch_at, write, dated=True)


def _ends_of_the_platform(now: datetime, within: timedelta) -> Iterator[Ending]:
    """Certificates that the platform uses and that end, while none that lasts longer is known for the same use."""
    later = PlatformCertificate.objects.filter(
        environment=OuterRef("environment"), use=OuterRef("use"), not_after__gt=OuterRef("not_after")
    )
    rows = PlatformCertificate.objects.filter(~Exists(later), not_after__gt=now, not_after__lte=now + within)
    for certificate in rows.defer("der").order_by("not_after", "pk"):
        yield Ending("platform_end", certificate, certificate.not_after, _platform_end(certificate))


def _ends_in_lists(now: datetime, within: timedelta) -> Iterator[Ending]:
    """Authorities that a list trusts and whose certificate ends: those of one list and day together."""
    rows = WatchedList.objects.select_related("current").defer("current__content", "current__signed")
    for watched in rows.exclude(current=None).order_by("environment", "kind"):
        if watched.current is None or watched.closed_at:
            continue
        days: dict[date, list[tuple[str, datetime]]] = {}
        for name, ends in ends_in(watched.current.pk):
            if now < ends <= now + within:
                days.setdefault(belgian_day(ends), []).append((name, ends))
        for _day, found in sorted(days.items()):
            ends = min(ends for _name, ends in found)
            names = [name for name, _ends in found]
            yield Ending("listed_end", watched, ends, _listed_end(watched, names, ends), dated=True)


def _platform_end(certificate: PlatformCertificate) -> Callable[[Reader], Note]:
    return lambda _reader: Note(
        _("The platform's certificate %(name)s ends on %(day)s")
        % {"name": name_of(certificate, certificate.environment), "day": day_of(certificate.not_after)},
        _("No other one is known that follows it. Software that holds it itself needs the next one before."),
        reverse("platform-certificate", args=[certificate.pk]),
    )


def _listed_end(watched: WatchedList, names: Sequence[str], ends: datetime) -> Callable[[Reader], Note]:
    def write(_reader: Reader) -> Note:
        title = ngettext(
            "An authority in a trust store ends on %(day)s: %(names)s",
            "Authorities in a trust store end on %(day)s: %(names)s",
            len(names),
        ) % {"day": day_of(ends), "names": name_of(_few(names), watched.environment)}
        text = _(
            "The list has none of the same name that lasts longer. What stands below it is trusted no more then."
        )
        return Note(title, text, reverse("trusted-list", args=[watched.pk]))

    return write


def _few(names: Sequence[str]) -> str:
    """Return the first names, and how many more there are."""
    shown, more = ", ".join(names[:NAMED]), len(names) - NAMED
    return shown if more <= 0 else _("%(names)s and %(count)d more") % {"names": shown, "count": more}


def _switch(certificate: PlatformCertificate, switch_at: datetime) -> Callable[[Reader], Note]:
    return lambda _reader: Note(
        _("From %(day)s on the platform uses another certificate: %(name)s")
        % {"day": day_of(switch_at), "name": name_of(certificate, certificate.environment)},
        _("Software that holds the former one itself must know it before. Tick what is prepared:"),
        reverse("platform-certificate", args=[certificate.pk]),
    )
