"""Webhooks for the pages: one that works, one that fails and has told much, in every state that a message can have."""

from datetime import UTC, datetime, timedelta

from organisations.domain.webhooks import Topic
from organisations.models import Delivery, User
from organisations.services.audit import record
from organisations.services.webhooks.keep import make_webhook, rotate_secret
from organisations.tenancy import acting_for
from tests.support.hospital import PLATFORM, Hospital


def hooks(hospital: Hospital, user: User) -> dict[str, str]:
    """Make them, and return the addresses of their pages."""
    here, now = hospital.organisation, datetime.now(UTC)
    with acting_for([here.pk], as_platform=True):
        for name, topics in (
            ("Zabbix", [Topic.CERTIFICATES]),
            ("TOPdesk – tickets van de dienst ICT", list(Topic)),
        ):
            address = (
                f"https://hooks.maasdal.example/ehportal/{name.split()[0].lower()}?environment=production"
            )
            made, _secret = make_webhook(here, name=name, address=address, topics=topics, user=user, now=now)
        for action in ("request_made", "request_awaiting_signature", "request_issued", "mandate_given"):
            record(here, action, hospital.holder, actor=PLATFORM, now=now)
        rotate_secret(made, actor=PLATFORM, now=now)
        type(made).objects.filter(pk=made.pk).update(failing_since=now - timedelta(hours=2))
        told = Delivery.objects.filter(webhook=made).order_by("position")
        first, second, third, _waits = told
        for one, fields in (
            (first, {"delivered_at": now, "answer": "204", "took": 83, "next_attempt_at": None}),
            (second, {"given_up_at": now, "answer": "503", "took": 12_000, "next_attempt_at": None}),
            (third, {"attempts": 3, "answer": "no answer in time", "took": 15_000}),
        ):
            Delivery.objects.filter(pk=one.pk).update(tried_at=now, **fields)
    return {
        "webhooks": "/organisation/webhooks/",
        "webhook": f"/organisation/webhooks/{made.pk}/",
        "webhook-new": "/organisation/webhooks/new/",
        "webhook-change": f"/organisation/webhooks/{made.pk}/change/",
    }
