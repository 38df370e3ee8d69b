"""What must hold before anything is shown or signed: this server, this person's card, this certificate's name."""

import unicodedata
from datetime import datetime
from typing import Final

from cryptography import x509

from agent.card.causes import NO_KEY, OUT_OF_DATE
from agent.card.eid import Card, Purpose
from agent.errors import AgentError, CardError
from agent.wire.days import written_day
from agent.wire.errors import NameMalformed
from agent.wire.jobs import CertificateJob, Job, RevocationJob
from agent.wire.pki.names import certificate_name
from agent.wire.pki.unreadable import UNREADABLE

PURPOSES: Final[tuple[Purpose, ...]] = ("Authentication", "Signature")


def check_offer(job: Job, *, origin: str, now: datetime) -> None:
    """Check that the job is the pinned server's and not over. Raises AgentError `other_server`, `job_closed`."""
    if job.server != origin:
        raise AgentError("other_server", server=job.server)
    if job.expires_at <= now:
        raise AgentError("job_closed")


def check_job(job: CertificateJob | RevocationJob, *, origin: str, now: datetime) -> None:
    """Check that the job is the pinned server's, is not over, and that its contract names its organisation.

    Raises AgentError `other_server`, `job_closed`, `contract_name_mismatch`.
    """
    check_offer(job, origin=origin, now=now)
    identifier = job.organisation.identifier
    try:
        name = certificate_name(job.request.contract.dn)
    except NameMalformed:
        raise AgentError("contract_name_mismatch") from None
    if (name.type, name.value) != (identifier.type, identifier.value):
        raise AgentError("contract_name_mismatch")
    if name.application_id != _application_id(job):
        raise AgentError("contract_name_mismatch")


def _application_id(job: CertificateJob | RevocationJob) -> str | None:
    """Return the ApplicationId that the job speaks of; for a revocation the one in its certificate's name."""
    if isinstance(job, CertificateJob):
        return job.request.application_id
    _number, _comma, application_id = job.certificate.common_name.partition(", ")
    return application_id or None


def check_card(job: CertificateJob | RevocationJob, card: Card, *, now: datetime) -> None:
    """Check that the card is the contract's signer's and can sign for its holder (check_key).

    Raises CardError `wrong_card`, or as check_key. The number is compared, and never part of a message.
    """
    signer = job.request.contract.signer
    numbers = [identifier.value for identifier in signer.ids if identifier.type == "SSIN"]
    names = (_plain(" ".join(signer.first_names)), _plain(signer.name))
    if numbers != [card.national_number] or names != (_plain(card.first_names), _plain(card.surname)):
        raise CardError("wrong_card", expected=f"{' '.join(signer.first_names)} {signer.name}")
    check_key(card, "Signature", now=now)


def check_key(card: Card, purpose: Purpose, *, now: datetime) -> None:
    """Check all that can be seen of a key before its PIN: its certificate serves now, its chain is whole, it is there.

    Raises CardError `signature_expired`, `not_a_signature_certificate`, `authority_missing`, `signature_key_missing`
    and their like for Authentication: the one list that every command and the doctor goes by.
    """
    check_certificate(card, purpose, now=now)
    check_chain(card)
    if card.keys is not None and purpose not in card.keys:
        raise CardError(NO_KEY[purpose], raw=card.unreadable.get(f"{purpose} key", ""))


def check_chain(card: Card) -> None:
    """Check that the card gives both certificates' authorities up to the root. Raises CardError `authority_missing`."""
    for purpose in PURPOSES:
        link = card.chain(purpose)[0]
        left = list(card.authorities)
        while link.issuer != link.subject:
            above = [one for one in left if one.subject == link.issuer]
            if not above:
                raw = "; ".join(
                    card.unreadable[label] for label in ("CA", "Root") if label in card.unreadable
                )
                raise CardError("authority_missing", raw=raw)
            link = above[0]
            left.remove(link)


def check_certificate(card: Card, purpose: Purpose, *, now: datetime) -> None:
    """Check that the certificate is in date, and that the one for signing may sign (nonRepudiation, RFC 5280 4.2.1.3).

    Raises CardError `authentication_expired`, `signature_expired`, `not_a_signature_certificate`.
    """
    certificate = card.chain(purpose)[0]
    begin, end = certificate.not_valid_before_utc, certificate.not_valid_after_utc
    if not begin <= now <= end:
        raise CardError(OUT_OF_DATE[purpose], begin=written_day(begin), end=written_day(end))
    if purpose == "Signature":
        _check_non_repudiation(certificate)


def _check_non_repudiation(certificate: x509.Certificate) -> None:
    try:
        usage = certificate.extensions.get_extension_for_class(x509.KeyUsage).value
    except UNREADABLE:
        raise CardError("not_a_signature_certificate") from None
    if not usage.content_commitment:
        raise CardError("not_a_signature_certificate")


def _plain(text: str) -> str:
    return unicodedata.normalize("NFC", " ".join(text.split()))
