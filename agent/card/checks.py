"""What must hold before anything is shown or signed: this server, this person's card, this certificate's name."""

import unicodedata
from datetime import datetime

from cryptography import x509

from agent.card.eid import Card
from agent.errors import AgentError, CardError
from agent.wire.errors import NameMalformed
from agent.wire.jobs import CertificateJob, Job, RevocationJob
from agent.wire.pki.names import certificate_name


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
    """Check that the card is the contract's signer's, in date, and may sign for its holder.

    Raises CardError `wrong_card`, `card_expired`, `not_a_signature_certificate`. The number is compared, and
    never part of a message.
    """
    signer = job.request.contract.signer
    numbers = [identifier.value for identifier in signer.ids if identifier.type == "SSIN"]
    names = (_plain(" ".join(signer.first_names)), _plain(signer.name))
    if numbers != [card.national_number] or names != (_plain(card.first_names), _plain(card.surname)):
        raise CardError("wrong_card", expected=f"{' '.join(signer.first_names)} {signer.name}")
    check_signature_certificate(card.signature, now=now)


def check_signature_certificate(certificate: x509.Certificate, *, now: datetime) -> None:
    """Check that the Signature certificate is in date and bears nonRepudiation (RFC 5280 4.2.1.3).

    Raises CardError `card_expired`, `not_a_signature_certificate`.
    """
    if not certificate.not_valid_before_utc <= now <= certificate.not_valid_after_utc:
        raise CardError("card_expired")
    try:
        usage = certificate.extensions.get_extension_for_class(x509.KeyUsage).value
    except (x509.ExtensionNotFound, ValueError):
        raise CardError("not_a_signature_certificate") from None
    if not usage.content_commitment:
        raise CardError("not_a_signature_certificate")


def check_authentication_certificate(certificate: x509.Certificate, *, now: datetime) -> None:
    """Check that the Authentication certificate is in date. Raises CardError `card_expired`."""
    if not certificate.not_valid_before_utc <= now <= certificate.not_valid_after_utc:
        raise CardError("card_expired")


def _plain(text: str) -> str:
    return unicodedata.normalize("NFC", " ".join(text.split()))
