"""What the government keeps of a certificate, asked with its own key: status, token, renewal, contact data."""

from datetime import datetime

from certificates.certra.errors import CertraError
from certificates.certra.gateway import CertificateInfo, Gateway
from certificates.errors.tokens import WrongCertificate
from certificates.models import Certificate
from certificates.services.records.differences import write_government_word
from certificates.services.signing.government_answer import refusal_of
from certificates.services.signing.own_signature import check_own_signature
from organisations.models import Device
from organisations.services.audit import Actor
from organisations.services.work.deadlocks import write_down

REQUEST = "GetCertificateInfoForAuthenticationCertificateRequest"


def ask_own_record(
    certificate: Certificate, data: bytes, device: Device, gateway: Gateway, *, now: datetime
) -> CertificateInfo:
    """Hand the signed question on and keep the government's word. Call outside transactions; safe to repeat.

    Raises SignedRequestRefused and its kind, WrongCertificate when the answer is about another one, GovernmentRefused,
    GovernmentUnavailable.
    """
    check_own_signature(certificate, data, REQUEST)
    try:
        info = gateway.certificate_info(data)
    except CertraError as error:
        raise refusal_of(error, now) from error
    if info.public_key_identifier.lower() != certificate.public_key_identifier:
        raise WrongCertificate

    def write() -> None:
        current = Certificate.objects.select_for_update().get(pk=certificate.pk)
        write_government_word(current, info, actor=Actor.device(device), now=now)

    write_down([certificate.organisation_id], write)
    return info
