"""What is kept how long, and why: the one table. Nothing else deletes by age; the record is kept for good."""

from dataclasses import dataclass
from datetime import datetime, timedelta

import structlog
from django.db import connection
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from organisations.services.devices.proofs import forget_old_proofs

log = structlog.get_logger(__name__)

AT_ONCE = 5_000
"""Rows that one statement deletes: nobody waits for it."""
EVERY = timedelta(hours=1)


@dataclass(frozen=True)
class Kept:
    """One subject: what it is called, how long it is kept after it is over, and why so long."""

    name: str
    """As `organisations.forgetting.forgettable` knows it."""
    words: str | Promise
    time: timedelta
    why: str | Promise


KEPT = (
    Kept(
        "enrolments",
        _("Begun enrolments of workstations"),
        timedelta(days=1),
        _("An enrolment lasts five minutes; a day helps to find out what went wrong."),
    ),
    Kept(
        "errands",
        _("Answers of the government that nobody fetched"),
        timedelta(hours=1),
        _("Who asked hears an answer within seconds, once; whoever has gone may ask again."),
    ),
    Kept(
        "account_letters",
        _("Letters about accounts that could not be sent"),
        timedelta(days=2),
        _("They are tried for a day; whoever still needs one asks for it again."),
    ),
    Kept(
        "imports",
        _("Uploads that nobody decided about"),
        timedelta(days=1),
        _("They may hold certificates with national numbers; whoever uploaded them can do so again."),
    ),
    Kept(
        "consignments",
        _("Large uploads, decided or not"),
        timedelta(days=1),
        _(
            "They may hold certificates with national numbers; the report of what was refused can be had for a day."
        ),
    ),
    Kept(
        "sessions",
        _("Sessions that have ended"),
        timedelta(0),
        _("Nobody can use them any more."),
    ),
    Kept(
        "invitations",
        _("Invitations that were answered or withdrawn"),
        timedelta(days=400),
        _("An administrator can look back for a year; the record keeps who invited whom for good."),
    ),
    Kept(
        "returned_mail",
        _("Mail that came back"),
        timedelta(days=400),
        _("An address is pointed out until somebody corrects it."),
    ),
    Kept(
        "notices",
        _("Notices that were sent"),
        timedelta(days=1200),
        _("Longer than a certificate lasts, so that nobody is told the same twice."),
    ),
    Kept(
        "revocation_lists",
        _("Revocation lists that have ended and that nobody uses"),
        timedelta(days=30),
        _("Until then no older list can take the place of one that we have seen."),
    ),
    Kept(
        "status_answers",
        _("Answers about authorities that have ended"),
        timedelta(0),
        _("Nobody goes by them any more."),
    ),
    Kept(
        "correspondents",
        _("Addresses outside to which nothing is sent any more, and what they were told"),
        timedelta(days=400),
        _("An administrator can look back for a year; the record keeps who added and who ended it for good."),
    ),
    Kept(
        "unanswered_addresses",
        _("Addresses outside that were asked and never agreed"),
        timedelta(days=60),
        _("Nobody there wished to be known here; whoever still wants it told asks again."),
    ),
    Kept(
        "calendar_feeds",
        _("Calendar feeds that have ended"),
        timedelta(days=400),
        _("The record keeps who made and revoked them for good."),
    ),
    Kept(
        "webhook_deliveries",
        _("Messages to webhooks that were taken or given up"),
        timedelta(days=30),
        _(
            "A month helps to find out what a system was told; what happened stands in the record. What waits for a "
            "stopped webhook is kept for three months."
        ),
    ),
    Kept(
        "webhook_ends",
        _("Messages to webhooks about ends"),
        timedelta(days=200),
        _("Longer than the time between two of them, so that no system is told the same twice."),
    ),
    Kept(
        "webhooks",
        _("Webhooks that have ended"),
        timedelta(days=400),
        _("The record keeps who made and ended them for good."),
    ),
    Kept(
        "kept_answers",
        _("Answers to calls of connections that came with a key"),
        timedelta(days=1),
        _("A program that heard no answer asks again within minutes, and hears the same."),
    ),
    Kept(
        "connection_secrets",
        _("Secrets of connections that have ended"),
        timedelta(days=400),
        _("Only their digests are kept; a year shows which one was in use."),
    ),
    Kept(
        "connections",
        _("Connections that have ended"),
        timedelta(days=400),
        _("The record keeps who made and ended them for good."),
    ),
    Kept(
        "service_calls",
        _("Single calls to services of the government"),
        timedelta(days=8),
        _("They are counted by the hour within minutes; a week helps to find out what went wrong."),
    ),
    Kept(
        "service_hours",
        _("What became of calls to services of the government, by the hour"),
        timedelta(days=800),
        _("A year can be compared with the one before."),
    ),
    Kept(
        "incidents",
        _("Times in which a service of the government was away"),
        timedelta(days=800),
        _("As the figures of the same months."),
    ),
    Kept(
        "maintenance",
        _("Announced maintenance of services of the government"),
        timedelta(days=800),
        _("It says why calls of those months do not count."),
    ),
)
"""Device proofs are forgotten too, minutes after they could be used (`organisations.services.devices.proofs`)."""


def forget_what_is_over(now: datetime) -> dict[str, int]:
    """Delete what has been kept long enough at `now`; return how many rows of each subject. Outside transactions."""
    gone: dict[str, int] = {}
    broken: list[Exception] = []
    for kept in KEPT:
        try:
            gone[kept.name] = _forget(kept, now)
        except Exception as error:  # the other subjects are not kept longer for it
            log.exception("not_forgotten", subject=kept.name)
            broken.append(error)
    forget_old_proofs(now=now)
    if any(gone.values()):
        log.info("forgotten", **{name: count for name, count in gone.items() if count})
    if broken:
        raise broken[0]
    return gone


def _forget(kept: Kept, now: datetime) -> int:
    total = 0
    with connection.cursor() as cursor:
        while True:
            cursor.execute(f"SELECT ehportal_forget_{kept.name}(%s, %s)", [now - kept.time, AT_ONCE])
            gone = int(cursor.fetchone()[0])
            total += gone
            if gone < AT_ONCE:
                return total
