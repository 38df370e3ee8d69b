"""The surname stands first, as the platform's own software writes it; who wrote it last is understood all the same."""

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import rsa

from agent.wire.link.preparation import csr_file
from agent.wire.pki.keys import make_csr
from agent.wire.pki.names import ehealth_dn
from certificates.domain.foreign_lifecycle import ForeignState
from certificates.errors.foreigners import ForeignCsrRefused
from tests.certificates.foreigners.stages import Foreigner


def test_our_own_is_as_the_platforms(giulia: Foreigner) -> None:
    assert giulia.ask().dn == ehealth_dn("SSIN", giulia.bis, "De Luca Giulia Maria", None)


@pytest.mark.parametrize("written", ["DE LUCA GIULIA MARIA", "GIULIA MARIA DE LUCA"])
def test_either_order_comes_to_its_certificate(giulia: Foreigner, written: str) -> None:
    key = rsa.generate_private_key(65537, 2048)
    dn = ehealth_dn("SSIN", giulia.bis, written, None)
    request = giulia.step(giulia.send_csr(giulia.ask(), csr_file(make_csr(key, dn))))
    assert request.state == ForeignState.AWAITING_CONFIRMATION, request.problem
    assert giulia.confirm(request) == 200
    request = giulia.step(request)
    assert request.state == ForeignState.ISSUED, request.problem
    assert request.certificate is not None
    assert written in x509.load_der_x509_certificate(request.certificate.der).subject.rfc4514_string()


def test_another_name_is_refused(giulia: Foreigner) -> None:
    dn = ehealth_dn("SSIN", giulia.bis, "Giulio Maria De Luca", None)
    with pytest.raises(ForeignCsrRefused):
        giulia.send_csr(giulia.ask(), csr_file(make_csr(rsa.generate_private_key(65537, 2048), dn)))
