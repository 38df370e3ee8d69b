"""Enrolment: the card's holder vouches for this workstation's key, at one server."""

from datetime import UTC, datetime

from cryptography.hazmat.primitives.serialization import Encoding

from agent.card.checks import check_key
from agent.config import Config
from agent.errors import AgentError, Cancelled, CardError
from agent.language import Texts
from agent.portal.answers import Enrolled
from agent.portal.client import Portal
from agent.portal.device import Device, new_device_key
from agent.tasks.card_sitting import CardSitting
from agent.ui import Dialogue
from agent.wire.errors import OriginInvalid, SignatureInvalid
from agent.wire.link.enrolment import enrolment_message, verify_enrolment_signature
from agent.wire.link.proofs import public_jwk, thumbprint_bytes
from agent.wire.origins import normalise_origin
from agent.wire.xml.signature import algorithm_for

_JOSE = {"rsa-sha256": "RS256", "ecdsa-sha384": "ES384"}


def enrol(config: Config, url: str, label: str, dialogue: Dialogue, texts: Texts) -> Enrolled:
    """Pin the server at `url` and make this workstation known to it. Raises AgentError.

    The card signs over the server's origin, its nonce and the device key, so that no other server and no
    other device can use the signature.
    """
    try:
        origin = normalise_origin(url)
    except OriginInvalid:
        raise AgentError("origin_invalid") from None
    key = new_device_key()
    portal = Portal(config, origin, key, texts.language)
    if portal.hello().origin != origin:
        raise AgentError("origin_mismatch", server=origin)
    if not dialogue.confirm(texts("enrol.question", server=origin, label=label)):
        raise Cancelled
    sitting = CardSitting(dialogue, texts)
    with sitting.reader(config) as reader:
        card = sitting.card(reader)
        check_key(card, "Authentication", now=datetime.now(UTC))
        certificate = card.authentication
        identifier, nonce = portal.start_enrolment()
        message = enrolment_message(origin, nonce, thumbprint_bytes(public_jwk(key)))
        signature = sitting.identify(reader, card, message)
    algorithm = _JOSE[algorithm_for(certificate)]
    try:
        verify_enrolment_signature(certificate, message, signature, algorithm)
    except SignatureInvalid:
        raise CardError("card_signature_bad") from None
    chain = tuple(link.public_bytes(Encoding.DER) for link in card.chain("Authentication"))
    enrolled = portal.finish_enrolment(
        identifier, signature=signature, algorithm=algorithm, chain=chain, label=label
    )
    Device(origin, enrolled.device_id, label, key).save(config.home)
    return enrolled
