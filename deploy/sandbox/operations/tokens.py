"""EtkRA: a key is offered, its holder proves to have it, and a token comes out."""

import base64
import binascii
import hashlib
import json
import secrets

from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import padding, rsa
from lxml import etree

from deploy.sandbox.operations.scene import Scene
from deploy.sandbox.register import system_signer
from deploy.sandbox.register.requests import Request
from deploy.sandbox.soap import Call, Refusal, add, success
from deploy.sandbox.tokens import encryption_certificates
from deploy.sandbox.tokens.kept import Token

NEXT_CHALLENGE = "next_challenge"


def start(call: Call, scene: Scene) -> etree._Element:
    """A challenge: a serial number of 16 bytes, encrypted to the offered key, and its SHA-256 (288 bytes together).

    Raises Refusal with the codes of system_signer.authenticate and Tokens.start, and INVALID_ENCRYPTION_KEY.
    """
    request, _ = _signer(call, scene)
    key = _offered(call.text("r:PublicEncryptionKey"))
    serial = _serial(scene)
    scene.tokens.start(request, key, serial)
    challenge = key.encrypt(serial, padding.PKCS1v15()) + hashlib.sha256(serial).digest()
    result = success(call, scene.now)
    add(result, "r:Challenge", base64.b64encode(challenge).decode())
    return result


def complete(call: Call, scene: Scene) -> etree._Element:
    """The token for the certificate that was handed in; the same certificate again gets the same token.

    Raises Refusal with the codes of system_signer.authenticate, and ETK_REGISTRATION_NOT_STARTED,
    ETK_ALREADY_REGISTERED, INVALID_ENCRYPTION_CERTIFICATE.
    """
    request, authentication = _signer(call, scene)
    try:
        der = base64.b64decode(call.text("r:ToBeRegistered"))
    except (binascii.Error, ValueError):
        der = b""
    token = scene.tokens.find(request)
    if token is None:
        raise Refusal("ETK_REGISTRATION_NOT_STARTED", "No registration is waiting for this certificate.")
    if token.certificate is not None:
        if token.certificate.public_bytes(serialization.Encoding.DER) != der:
            raise Refusal("ETK_ALREADY_REGISTERED", "This certificate has an encryption token already.")
        return _handed_over(call, scene, token)
    encryption_certificates.check(der, authentication, token.key, token.serial)
    etk = scene.token_signer.token(der, authentication, scene.now)
    return _handed_over(call, scene, scene.tokens.register(token, der, etk, _others(request, scene)))


def activate(call: Call, scene: Scene) -> etree._Element:
    """The token of the signing certificate takes the place of the one before it.

    Raises Refusal with the codes of system_signer.authenticate and Tokens.activate.
    """
    request, _ = _signer(call, scene)
    scene.tokens.activate(request, _others(request, scene, alive=False))
    return success(call, scene.now)


def _signer(call: Call, scene: Scene) -> tuple[Request, x509.Certificate]:
    return system_signer.authenticate(call.element, scene.environment, scene.pki, scene.register, scene.now)


def _others(request: Request, scene: Scene, *, alive: bool = True) -> list[Request]:
    """The other certificates of the same name; only those that are valid today, unless told."""
    subject = request.subject
    found = scene.register.of_actors(scene.environment, [(subject.identifier_type, subject.identifier)])
    return [
        other
        for other in found
        if other.pki != request.pki
        and other.subject.application_id == subject.application_id
        and (not alive or other.status(scene.now) == "VALID_ACTIVE")
    ]


def _handed_over(call: Call, scene: Scene, token: Token) -> etree._Element:
    result = success(call, scene.now)
    add(result, "r:ETK", base64.b64encode(token.etk or b"").decode())
    add(result, "r:ToBeActivated", "true" if token.to_be_activated else "false")
    return result


def _offered(encoded: str) -> rsa.RSAPublicKey:
    try:
        key = serialization.load_der_public_key(base64.b64decode(encoded))
    except (ValueError, TypeError, binascii.Error, UnsupportedAlgorithm):
        raise Refusal("INVALID_ENCRYPTION_KEY", "The key cannot be read.") from None
    if not isinstance(key, rsa.RSAPublicKey) or key.key_size != 2048 or key.public_numbers().e != 65537:
        raise Refusal("INVALID_ENCRYPTION_KEY", "The key must be RSA of 2048 bits with exponent 65537.")
    return key


def _serial(scene: Scene) -> bytes:
    """Sixteen bytes: those that the control address has laid ready, else random ones; never all zero."""
    with scene.store.transaction() as db:
        row = db.execute("SELECT value FROM setting WHERE name = ?", (NEXT_CHALLENGE,)).fetchone()
        db.execute("DELETE FROM setting WHERE name = ?", (NEXT_CHALLENGE,))
    if row is not None:
        return bytes.fromhex(json.loads(row["value"]))
    return secrets.token_bytes(15) + bytes([secrets.randbelow(255) + 1])
