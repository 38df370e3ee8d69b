"""The requests of EtkRA v2, all signed with the key of the eHealth certificate that the token belongs to."""

from dataclasses import dataclass
from datetime import datetime

from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat, load_der_public_key

from agent.wire.encoding import to_base64
from agent.wire.errors import MalformedXml
from agent.wire.limits import MAX_CERTIFICATE_BYTES
from agent.wire.pki.keys import KEY_BITS, PUBLIC_EXPONENT
from agent.wire.pki.unreadable import UNREADABLE
from agent.wire.xml.elements import ETKRA, bytes_of, element
from agent.wire.xml.frame import OpenedFrame, RequestFacts, frame_request

_START = "StartETKRegistrationRequest"
_COMPLETE = "CompleteETKRegistrationRequest"
_ACTIVATE = "ActivateETKRequest"
_MAX_KEY_BYTES = 1024


@dataclass(frozen=True)
class StartRegistrationFacts(RequestFacts):
    """The encryption key that is offered."""

    public_key: rsa.RSAPublicKey


@dataclass(frozen=True)
class CompleteRegistrationFacts(RequestFacts):
    """The certificate of the encryption key, DER, not judged yet."""

    certificate_der: bytes


def build_start_registration(
    public_key: rsa.RSAPublicKey, *, request_id: str, issue_instant: datetime
) -> bytes:
    """StartETKRegistrationRequest for an RSA 2048 key. Raises MalformedXml."""
    _check_key(public_key)
    der = public_key.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    body = element("PublicEncryptionKey", to_base64(der))
    return frame_request(ETKRA, _START, body, request_id=request_id, issue_instant=issue_instant)


def read_start_registration(data: bytes) -> StartRegistrationFacts:
    """Read a request, signed or not, strictly. Raises MalformedXml."""
    frame = OpenedFrame(data, ETKRA, _START)
    der = bytes_of(frame.children.one(ETKRA, "PublicEncryptionKey"), limit=_MAX_KEY_BYTES)
    facts = frame.facts()
    try:
        key = load_der_public_key(der)
    except UNREADABLE:
        raise MalformedXml("the encryption key cannot be read") from None
    return StartRegistrationFacts(
        facts.request_id, facts.issue_instant, facts.signature_present, _check_key(key)
    )


def _check_key(key: object) -> rsa.RSAPublicKey:
    if not isinstance(key, rsa.RSAPublicKey) or key.key_size != KEY_BITS:
        raise MalformedXml("the encryption key is not RSA 2048")
    if key.public_numbers().e != PUBLIC_EXPONENT:
        raise MalformedXml("the encryption key's public exponent is not 65537")
    return key


def build_complete_registration(certificate_der: bytes, *, request_id: str, issue_instant: datetime) -> bytes:
    """CompleteETKRegistrationRequest with the certificate of the encryption key. Raises MalformedXml."""
    if not certificate_der or len(certificate_der) > MAX_CERTIFICATE_BYTES:
        raise MalformedXml("the certificate is empty or too large")
    body = element("ToBeRegistered", to_base64(certificate_der))
    return frame_request(ETKRA, _COMPLETE, body, request_id=request_id, issue_instant=issue_instant)


def read_complete_registration(data: bytes) -> CompleteRegistrationFacts:
    """Read a request, signed or not, strictly. Raises MalformedXml."""
    frame = OpenedFrame(data, ETKRA, _COMPLETE)
    der = bytes_of(frame.children.one(ETKRA, "ToBeRegistered"), limit=MAX_CERTIFICATE_BYTES)
    facts = frame.facts()
    return CompleteRegistrationFacts(facts.request_id, facts.issue_instant, facts.signature_present, der)


def build_activate(*, request_id: str, issue_instant: datetime) -> bytes:
    """ActivateETKRequest. Raises MalformedXml."""
    return frame_request(ETKRA, _ACTIVATE, request_id=request_id, issue_instant=issue_instant)


def read_activate(data: bytes) -> RequestFacts:
    """Read a request, signed or not, strictly. Raises MalformedXml."""
    return OpenedFrame(data, ETKRA, _ACTIVATE).facts()
