"""All the work that rows ask for: which kinds there are, in which lane, and the task that a wake-up runs."""

from datetime import timedelta

from celery import shared_task
from django.conf import settings

from certificates.models import (
    CardCheck,
    Certificate,
    CertificateRequest,
    Consignment,
    Errand,
    ForeignRequest,
    ProbedService,
    Revocation,
    RevocationList,
    WatchedList,
)
from certificates.models.errand import ErrandKind
from certificates.services.cards.ask import forget_old_checks
from certificates.services.cards.judge import judge_card
from certificates.services.errands.run import runner
from certificates.services.foreigners.work import work_on_foreign_request
from certificates.services.inventory.consignments import work_on_consignment
from certificates.services.inventory.count_ends import count_ends
from certificates.services.inventory.gather_tallies import gather_tallies
from certificates.services.inventory.share_issuers import share_issuers
from certificates.services.probes.ask import ask_service, plan_services
from certificates.services.probes.fold import fold_calls
from certificates.services.records import errands as records
from certificates.services.reminders.notices import look_for_notices, write_to
from certificates.services.requests.application_ids import ask_application_ids
from certificates.services.requests.work import work_on_request
from certificates.services.revocations.work import work_on_revocation
from certificates.services.status.check import check_revocation
from certificates.services.status.judge_by_lists import ask_unjudged
from certificates.services.status.renew_lists import renew_list
from certificates.services.tokens import errands as tokens
from certificates.services.trusted.fetch import fetch_list
from certificates.services.trusted.watch import plan_lists
from ehportal.operation import retention
from organisations.domain.work import Lane
from organisations.models import AccountLetter, Delivery, Organisation, Recipient
from organisations.services.letters.correspondents import CORRESPONDENTS
from organisations.services.letters.invitations import LETTERS
from organisations.services.letters.mailbox import read_bounces
from organisations.services.letters.outbox import send_account_letter
from organisations.services.webhooks.deliver import deliver
from organisations.services.work.chores import Task, chores_kind, plan_chores
from organisations.services.work.drain import drain
from organisations.services.work.kinds import Kind
from organisations.services.work.wakes import TASK, wake

CALLS = timedelta(seconds=settings.WORK_LEASE)
"""The lease of a row whose step calls the government."""
TWO_FILES = timedelta(seconds=2 * settings.TSL_DEADLINE + 20)
"""The lease of a trusted list, of which a digest is fetched and then the list itself."""
WHOLE_LIST = timedelta(minutes=10)
"""The lease of a list by which all certificates of its issuer are judged."""
UPLOAD = timedelta(minutes=2)
"""The lease of an upload: a worker stays at it for seconds, then others have their turn."""
LETTER = timedelta(minutes=5)
"""The lease of a row whose step sends a letter."""

CHORES = (
    Task("forget", retention.EVERY, retention.forget_what_is_over),
    Task("forget-old-card-checks", timedelta(minutes=10), lambda now: forget_old_checks(now=now)),
    Task("ask-unjudged", timedelta(hours=1), ask_unjudged),
    # For this one release: then the column that it reads goes.
    Task("share-issuers", timedelta(minutes=5), share_issuers),
    Task("gather-tallies", timedelta(hours=1), gather_tallies),
    Task("count-ends", timedelta(minutes=5), count_ends),
    Task("plan-services", timedelta(minutes=10), plan_services),
    Task("fold-calls", timedelta(minutes=5), fold_calls),
    Task("watch-lists", timedelta(minutes=10), plan_lists),
    Task("read-bounces", timedelta(minutes=5), lambda now: read_bounces(now=now)),
)

A_MINUTE = (timedelta(minutes=1),)
"""How long what must not be silenced rests after a step that failed."""
AT_ONCE = tuple(timedelta(seconds=seconds) for seconds in (2, 5, 15, 60))
"""How long a card's check or an errand rests after a step that failed: somebody waits for it."""

ERRANDS = {
    ErrandKind.APPLICATION_IDS: ask_application_ids,
    ErrandKind.FIND_TOKEN: tokens.find_token,
    ErrandKind.DEPOT_TOKEN: tokens.fetch_depot_token,
    ErrandKind.START_TOKEN: tokens.start_token,
    ErrandKind.COMPLETE_TOKEN: tokens.complete_token,
    ErrandKind.ACTIVATE_TOKEN: tokens.activate_token,
    ErrandKind.OWN_RECORD: records.read_own,
    ErrandKind.READ_RECORDS: records.read,
}
"""How each errand is done."""

KINDS = (
    # Rows are forgotten within the hour, parked or not.
    Kind("card_checks", Lane.ASKED, CardCheck, judge_card, CALLS, pauses=AT_ONCE, parks=False),
    Kind("errands", Lane.ASKED, Errand, runner(ERRANDS), CALLS, pauses=AT_ONCE, parks=False),
    Kind("request_contracts", Lane.ASKED, CertificateRequest, work_on_request, CALLS),
    Kind("revocation_contracts", Lane.ASKED, Revocation, work_on_revocation, CALLS),
    Kind("requests", Lane.SUBMISSIONS, CertificateRequest, work_on_request, CALLS),
    Kind("revocations", Lane.SUBMISSIONS, Revocation, work_on_revocation, CALLS),
    Kind("foreign_requests", Lane.SUBMISSIONS, ForeignRequest, work_on_foreign_request, CALLS),
    Kind("revocation_evidence", Lane.STATUS, Revocation, work_on_revocation, CALLS),
    # A list that cannot be had is asked for again and again: nobody releases what no person parked.
    Kind("revocation_lists", Lane.STATUS, RevocationList, renew_list, WHOLE_LIST, parks=False),
    # A service that is away is asked again and again: that is what it is asked for.
    Kind("service_probes", Lane.STATUS, ProbedService, ask_service, CALLS, pauses=A_MINUTE, parks=False),
    Kind("trusted_lists", Lane.STATUS, WatchedList, fetch_list, TWO_FILES, parks=False),
    Kind("status_checks", Lane.STATUS, Certificate, check_revocation, CALLS),
    Kind("imports", Lane.IMPORTS, Consignment, work_on_consignment, UPLOAD),
    # Among letters, where nothing but a mail server keeps it waiting.
    Kind("account_letters", Lane.NOTICES, AccountLetter, send_account_letter, CALLS),
    LETTERS,
    CORRESPONDENTS,
    # What one notice breaks on must silence neither its organisation nor its reader.
    Kind("notices", Lane.NOTICES, Organisation, look_for_notices, LETTER, due="reminders_due_at",
         pauses=A_MINUTE, parks=False),
    Kind("burning_letters", Lane.NOTICES, Recipient, write_to, LETTER, pauses=A_MINUTE, parks=False),
    Kind("letters", Lane.NOTICES, Recipient, write_to, LETTER, pauses=A_MINUTE, parks=False),
    # One that cannot be made is shown to the operator; one that is not taken is planned again by the step itself.
    Kind("webhook_deliveries", Lane.WEBHOOKS, Delivery, deliver, CALLS),
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
