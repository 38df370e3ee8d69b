"""Both questions to the government's records, signed as an agent signs them: by a card in software."""

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any
from uuid import uuid4

from cryptography import x509

from agent.wire.jobs import Identifier
from agent.wire.xml.question import build_actor_qualities, build_info_for_citizen
from agent.wire.xml.signature import sign_enveloped
from certificates.domain.lifecycle import Environment
from certificates.models import RecordsInquiry
from certificates.services.records.ask import ask_records
from deploy.sandbox.authorities.citizens import Identity
from organisations.models import Person
from organisations.services.audit import Actor
from organisations.tenancy import acting_for
from tests.support.holder import Holder, b64, raw_sign
from tests.support.hospital import Hospital


def by_card(identity: Identity, data: bytes, *, purpose: str = "Authentication") -> bytes:
    """Sign with a key of the card, the whole chain beside it."""
    leaf, key = (
        (identity.authentication, identity.authentication_key)
        if purpose == "Authentication"
        else (identity.signature, identity.signature_key)
    )
    chain: Sequence[x509.Certificate] = (leaf, identity.authority, identity.root)
    return sign_enveloped(data, chain=chain, sign=lambda signed, _: raw_sign(key, signed))


def qualities(
    identity: Identity, *, about: str = "", at: datetime | None = None, purpose: str = "Authentication"
) -> bytes:
    """GetActorQualities of the card's holder, or of somebody else."""
    person = Identifier("SSIN", about or identity.person.ssin)
    data = build_actor_qualities(person, request_id=f"_{uuid4()}", issue_instant=at or datetime.now(UTC))
    return by_card(identity, data, purpose=purpose)


def infos(identity: Identity, *, at: datetime | None = None, purpose: str = "Authentication") -> bytes:
    """GetCertificateInfoForCitizen."""
    data = build_info_for_citizen(request_id=f"_{uuid4()}", issue_instant=at or datetime.now(UTC))
    return by_card(identity, data, purpose=purpose)


def ask(
    hospital: Hospital,
    *,
    environment: Environment = Environment.PRODUCTION,
    holder: Person | None = None,
    now: datetime | None = None,
) -> RecordsInquiry:
    """An inquiry of the hospital's administrator; `job` is reachable."""
    with acting_for([hospital.organisation.pk], as_platform=True):
        made = ask_records(
            hospital.organisation,
            holder=holder or hospital.holder,
            environment=environment,
            requested_by=hospital.administrator,
            actor=Actor.user(hospital.administrator),
            now=now or datetime.now(UTC),
        )
        return RecordsInquiry.objects.select_related("job", "holder", "organisation").get(pk=made.pk)


def send(holder: Holder, job_id: str, first: bytes, second: bytes) -> Any:
    """Hand both in as the agent does."""
    body = {"qualities": b64(first), "certificates": b64(second)}
    return holder.call("POST", f"/agent/v1/jobs/{job_id}/records", body)


def answer(hospital: Hospital, holder: Holder, **how: Any) -> RecordsInquiry:
    """Ask, sign, send; returns the answered inquiry."""
    inquiry = ask(hospital, **how)
    sent = send(holder, inquiry.job.pk, qualities(holder.identity), infos(holder.identity))
    assert sent.status_code == 200, sent.content
    with acting_for([hospital.organisation.pk], as_platform=True):
        inquiry.refresh_from_db()
    return inquiry
