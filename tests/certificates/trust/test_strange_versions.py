"""A certificate of a version that does not exist, sent where a card's belongs: refused, never an error of ours."""

import base64

import pytest

from agent.wire.errors import SignatureInvalid
from agent.wire.xml.signature import verify_enveloped
from certificates.api.agent import certificates_in
from organisations.errors import CardRefused
from tests.certificates.certra.test_gateway import signed_by_a_stranger
from tests.certificates.samples import der, ehealth


def of_version(content: bytes, version: int) -> bytes:
    place = content.index(b"\xa0\x03\x02\x01\x02")
    return content[: place + 4] + bytes([version]) + content[place + 5 :]


def test_at_enrolment() -> None:
    strange = base64.b64encode(of_version(der(ehealth()), 76)).decode()
    with pytest.raises(CardRefused):
        certificates_in([strange])


def test_in_a_signed_request() -> None:
    signed = signed_by_a_stranger()
    start = signed.index(b"X509Certificate>") + len(b"X509Certificate>")
    end = signed.index(b"<", start)
    strange = base64.b64encode(of_version(base64.b64decode(signed[start:end]), 76))
    with pytest.raises(SignatureInvalid):
        verify_enveloped(signed[:start] + strange + signed[end:])
