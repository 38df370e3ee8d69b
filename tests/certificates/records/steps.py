"""Bringing the government's records about: a past, proposals, decisions, an empty tenant."""

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

from certificates.models import RecordProposal, RecordsInquiry
from certificates.services.records.decide import Decided, accept
from organisations.access import Tenancy
from organisations.domain.roles import Role
from organisations.models import Organisation
from organisations.services.members import add_member
from organisations.services.people import add_person
from organisations.tenancy import acting_for
from tests.support.hospital import PLATFORM, Hospital, make_hospital
from tests.support.sandbox import SandboxProcess


def past(government: SandboxProcess, application_id: str | None, **changes: Any) -> str:
    """Have the sandbox's register hold a certificate; returns the identifier of its key."""
    order = {
        "environment": "production",
        "identifier": {"type": "CBE", "value": "0406798006"},
        "name": "AZ Sint-Elisabeth Maasdal",
        "application_id": application_id,
        "not_before": (datetime.now(UTC) - timedelta(days=200)).isoformat(),
    } | changes
    return str(government.control_post("/control/issue", order)["pki"])


def tag() -> str:
    return f"R{uuid4().hex[:10].upper()}"


def proposals(inquiry: RecordsInquiry, **which: Any) -> list[RecordProposal]:
    with acting_for([inquiry.organisation_id], as_platform=True):
        return list(inquiry.proposals.filter(**which).select_related("certificate"))


def decide(
    hospital: Hospital, inquiry: RecordsInquiry, which: list[RecordProposal] | None, how: Any = accept
) -> Decided:
    tenancy = Tenancy(hospital.administrator, hospital.organisation, frozenset({Role.ADMINISTRATOR}))
    with acting_for([hospital.organisation.pk], user=hospital.administrator.pk):
        keys = None if which is None else {one.pk for one in which}
        settled: Decided = how(inquiry, keys, tenancy=tenancy, now=datetime.now(UTC))
        return settled


def empty_hospital() -> Hospital:
    """A tenant on its first day: one administrator, one person, no number, no mandate, no certificate."""
    hospital = make_hospital(proven=False)
    key = uuid4()
    with acting_for([key], as_platform=True):
        here = Organisation.objects.create(id=key, name="AZ Sint-Elisabeth Maasdal")
        now = datetime.now(UTC)
        user, _ = add_member(
            here,
            email=f"els.{key.hex[:6]}@maasdal.example",
            full_name="Els Wouters",
            role=Role.ADMINISTRATOR,
            actor=PLATFORM,
            now=now,
        )
        person = add_person(
            here,
            first_names="An Marie",
            name="Peeters",
            ssin="85073003328",
            actor=PLATFORM,
            now=now,
        )
    return Hospital(here, hospital.identifier, person, hospital.mandate, user, user)
