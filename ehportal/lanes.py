"""All the work that rows ask for: which kinds there are, in which lane, and the task that a wake-up runs."""

from datetime import timedelta

from celery import shared_task
from django.conf import settings

from certificates.models import (
    CardCheck,
    Certificate,
    CertificateRequest,
    ForeignRequest,
    Revocation,
    RevocationList,
)
from certificates.services.cards.ask import forget_old_checks
from certificates.services.cards.judge import judge_card
from certificates.services.foreigners.work import work_on_foreign_request
from certificates.services.inventory.share_issuers import share_issuers
from certificates.services.reminders.notices import remind_organisation
from certificates.services.requests.work import work_on_request
from certificates.services.revocations.work import work_on_revocation
from certificates.services.status.check import check_revocation
from certificates.services.status.judge_by_lists import ask_unjudged
from certificates.services.status.renew_lists import renew_list
from ehportal.operation import retention
from organisations.domain.work import Lane
from organisations.models import Organisation
from organisations.services.letters.invitations import LETTERS
from organisations.services.letters.mailbox import read_bounces
from organisations.services.work.chores import Task, chores_kind, plan_chores
from organisations.services.work.drain import drain
from organisations.services.work.kinds import Kind
from organisations.services.work.wakes import TASK, wake

CALLS = timedelta(seconds=settings.WORK_LEASE)
"""The lease of a row whose step calls the government."""
WHOLE_LIST = timedelta(minutes=10)
"""The lease of a list by which all certificates of its issuer are judged."""
LETTER = timedelta(minutes=5)
"""The lease of a row whose step sends a letter."""

CHORES = (
    Task("forget", retention.EVERY, retention.forget_what_is_over),
    Task("forget-old-card-checks", timedelta(minutes=10), lambda now: forget_old_checks(now=now)),
    Task("ask-unjudged", timedelta(hours=1), ask_unjudged),
    # For this one release: then the column that it reads goes.
    Task("share-issuers", timedelta(minutes=5), share_issuers),
    Task("read-bounces", timedelta(minutes=5), lambda now: read_bounces(now=now)),
)

AT_ONCE = tuple(timedelta(seconds=seconds) for seconds in (2, 5, 15, 60))
"""How long a card's check rests after a step that failed: whoever holds the card waits."""

KINDS = (
    # Rows are forgotten within the hour, parked or not.
    Kind("card_checks", Lane.ASKED, CardCheck, judge_card, CALLS, pauses=AT_ONCE, parks=False),
    Kind("request_contracts", Lane.ASKED, CertificateRequest, work_on_request, CALLS),
    Kind("revocation_contracts", Lane.ASKED, Revocation, work_on_revocation, CALLS),
    Kind("requests", Lane.SUBMISSIONS, CertificateRequest, work_on_request, CALLS),
    Kind("revocations", Lane.SUBMISSIONS, Revocation, work_on_revocation, CALLS),
    Kind("foreign_requests", Lane.SUBMISSIONS, ForeignRequest, work_on_foreign_request, CALLS),
    Kind("revocation_evidence", Lane.STATUS, Revocation, work_on_revocation, CALLS),
    # A list that cannot be had is asked for again and again: nobody releases what no person parked.
    Kind("revocation_lists", Lane.STATUS, RevocationList, renew_list, WHOLE_LIST, parks=False),
    Kind("status_checks", Lane.STATUS, Certificate, check_revocation, CALLS),
    LETTERS,
    # What one notice breaks on must not silence its organisation, nor put off what others wait for.
    Kind("notices", Lane.NOTICES, Organisation, remind_organisation, LETTER, due="reminders_due_at",
         pauses=(timedelta(minutes=1),), parks=False),
    chores_kind(CHORES),
)  # fmt: skip
"""In the order in which a worker of their lane takes them up."""


def kinds_of(lane: Lane) -> list[Kind]:
    """Return the kinds of work that move in a lane."""
    return [kind for kind in KINDS if kind.lane is lane]


@shared_task(name=TASK, soft_time_limit=240, acks_late=False)
def work_on_lane(name: str) -> None:
    """Take up what is due in a lane; woken twice, the second finds nothing to do."""
    lane = Lane(name)
    if lane is Lane.UPKEEP:
        plan_chores(CHORES)
    drain(kinds_of(lane), wake=lambda: wake(lane))
