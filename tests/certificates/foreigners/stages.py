"""A foreign care provider of the sandbox's authentic source, and requests brought to a stage of their life."""

import base64
import secrets
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import requests
from cryptography.hazmat.primitives.asymmetric import rsa

from agent.wire.link.preparation import csr_file
from agent.wire.pki.keys import make_csr
from certificates.domain.foreign_lifecycle import ForeignState
from certificates.domain.lifecycle import Environment
from certificates.models import ForeignRequest
from certificates.services.foreigners.preparation import receive_csr
from certificates.services.foreigners.start import ForeignAsk, start_foreign_request
from certificates.services.foreigners.work import advance_foreign_request, work_on_foreign_request
from organisations.models import AuditEvent, Person
from organisations.services.audit import Actor
from organisations.services.people import add_person
from organisations.tenancy import acting_for
from tests.support.hospital import PLATFORM, Hospital
from tests.support.sandbox import SandboxProcess


def new_bis() -> str:
    """Return a BIS number that no other test has."""
    stem = f"{secrets.randbelow(70) + 20:02d}{secrets.randbelow(12) + 21:02d}{secrets.randbelow(28) + 1:02d}"
    stem += f"{secrets.randbelow(900) + 50:03d}"
    return f"{stem}{97 - int(stem) % 97:02d}"


@dataclass
class Foreigner:
    """Somebody with a BIS number, in a hospital and in the authentic source."""

    hospital: Hospital
    person: Person
    bis: str

    def ask(self, **changes: Any) -> ForeignRequest:
        values: dict[str, Any] = {
            "person_id": self.person.pk,
            "identifier_id": self.hospital.identifier.pk,
            "environment": Environment.PRODUCTION,
            "language": "fr",
            "profession": "Médecin",
            "address": "Via Roma 1\n20121 Milano",
            "email_private": "giulia@example.test",
            "phone_private": "+39 02 000",
        }
        with acting_for([self.hospital.organisation.pk], as_platform=True):
            return start_foreign_request(
                self.hospital.organisation,
                ForeignAsk(**(values | changes)),
                requested_by=self.hospital.administrator,
                actor=Actor.user(self.hospital.administrator),
                now=datetime.now(UTC),
            )

    def reload(self, request: ForeignRequest) -> ForeignRequest:
        with acting_for([self.hospital.organisation.pk], as_platform=True):
            return ForeignRequest.objects.select_related("organisation", "person", "certificate").get(
                pk=request.pk
            )

    def send_csr(self, request: ForeignRequest, data: bytes | None = None) -> ForeignRequest:
        content = data or csr_file(make_csr(rsa.generate_private_key(65537, 2048), request.dn))
        with acting_for([self.hospital.organisation.pk], as_platform=True):
            receive_csr(self.reload(request), content, actor=PLATFORM, now=datetime.now(UTC))
        return self.reload(request)

    def step(self, request: ForeignRequest, *, now: datetime | None = None) -> ForeignRequest:
        """Take the next step whatever the clock says, and return the row as it is then."""
        advance_foreign_request(self.reload(request), now=now or datetime.now(UTC))
        return self.reload(request)

    def when_due(self, request: ForeignRequest, *, later: timedelta = timedelta(0)) -> ForeignRequest:
        """Let the worker come along once the row is due."""
        assert request.next_attempt_at is not None, f"nothing is due in {request.state}"
        now = request.next_attempt_at + later + timedelta(seconds=1)
        work_on_foreign_request(request.organisation_id, request.pk, now=now)
        return self.reload(request)

    def registered(self, **changes: Any) -> ForeignRequest:
        """A request that the government has."""
        request = self.step(self.send_csr(self.ask(**changes)))
        assert request.state == ForeignState.AWAITING_CONFIRMATION, request.problem
        return request

    def confirm(self, request: ForeignRequest, number: str | None = None) -> int:
        """Fill in the page of the validation address; returns its status."""
        answer = requests.post(request.validation_url, data={"number": number or self.bis}, timeout=10)
        return answer.status_code

    def actions(self, request: ForeignRequest) -> list[str]:
        with acting_for([self.hospital.organisation.pk], as_platform=True):
            events = AuditEvent.objects.filter(subject_id=request.pk).order_by("happened_at")
            return list(events.values_list("action", flat=True))


def make_foreigner(
    hospital: Hospital,
    government: SandboxProcess | None = None,
    *,
    first_names: str = "Giulia Maria",
    name: str = "De Luca",
) -> Foreigner:
    """Add somebody with a new BIS number to the hospital, and to the authentic source of `government`."""
    bis = new_bis()
    if government is not None:
        known = {
            "ssin": bis,
            "first_names": first_names.split(),
            "name": name,
            "qualities": ["PHYSICIAN"],
        }
        government.control_post("/control/source", {"people": [known]}, method="PATCH")
    with acting_for([hospital.organisation.pk], as_platform=True):
        person = add_person(
            hospital.organisation,
            first_names=first_names,
            name=name,
            ssin=bis,
            email="giulia@example.test",
            phone="+39 02 000",
            language="fr",
            actor=PLATFORM,
            now=datetime.now(UTC),
        )
    return Foreigner(hospital, person, bis)


def times_sent(government: SandboxProcess, request: ForeignRequest) -> int:
    """Return how often the sandbox got this certification request; it keeps the last thousand messages of all."""
    csr = base64.b64encode(request.csr)
    return sum(
        line["operation"] == "SubmitCSRForForeigner"
        and csr in b"".join(base64.b64decode(line["body"]).split())
        for line in government.control_get("/control/received")
    )
