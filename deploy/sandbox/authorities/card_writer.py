"""Writes one token through PKCS#11, in a process of its own that reads its order on standard input."""

import base64
import json
import sys
from typing import Any

import PyKCS11
from cryptography import x509
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa

SECP384R1 = bytes.fromhex("06052b81040022")
Template = list[tuple[int, Any]]


def write(order: dict[str, Any]) -> None:
    """Initialise a free slot and create every object of the order in it."""
    library = PyKCS11.PyKCS11Lib()
    library.load(order["module"])
    slot = next(s for s in library.getSlotList() if not _initialised(library, s))
    security_officer = order["pin"]  # a test token has nobody to keep a second secret from
    library.initToken(slot, security_officer, order["label"])
    slot = next(
        s for s in library.getSlotList() if _label(library, s) == order["label"] and not _has_pin(library, s)
    )
    session = library.openSession(slot, PyKCS11.CKF_SERIAL_SESSION | PyKCS11.CKF_RW_SESSION)
    session.login(security_officer, PyKCS11.CKU_SO)
    session.initPin(order["pin"])
    session.logout()
    session.login(order["pin"])
    for description in order["objects"]:
        session.createObject(_template(description))
    session.logout()
    session.closeSession()


def _initialised(library: Any, slot: int) -> bool:
    return bool(library.getTokenInfo(slot).flags & PyKCS11.CKF_TOKEN_INITIALIZED)


def _has_pin(library: Any, slot: int) -> bool:
    return bool(library.getTokenInfo(slot).flags & PyKCS11.CKF_USER_PIN_INITIALIZED)


def _label(library: Any, slot: int) -> str:
    return str(library.getTokenInfo(slot).label).strip("\0 ")


def _template(description: dict[str, Any]) -> Template:
    value = base64.b64decode(description["value"])
    template: Template = [(PyKCS11.CKA_TOKEN, True), (PyKCS11.CKA_LABEL, description["label"])]
    if description["type"] == "data":
        return [
            *template,
            (PyKCS11.CKA_CLASS, PyKCS11.CKO_DATA),
            (PyKCS11.CKA_PRIVATE, False),
            (PyKCS11.CKA_OBJECT_ID, description["group"].encode()),
            (PyKCS11.CKA_VALUE, value),
        ]
    # The middleware writes CKA_ID as a CK_ULONG in the machine's own order.
    template.append((PyKCS11.CKA_ID, int(description["id"]).to_bytes(8, sys.byteorder)))
    if description["type"] == "certificate":
        certificate = x509.load_der_x509_certificate(value)
        return [
            *template,
            (PyKCS11.CKA_CLASS, PyKCS11.CKO_CERTIFICATE),
            (PyKCS11.CKA_CERTIFICATE_TYPE, PyKCS11.CKC_X_509),
            (PyKCS11.CKA_PRIVATE, False),
            (PyKCS11.CKA_SUBJECT, certificate.subject.public_bytes()),
            (PyKCS11.CKA_ISSUER, certificate.issuer.public_bytes()),
            (PyKCS11.CKA_VALUE, value),
        ]
    return [
        *template,
        (PyKCS11.CKA_CLASS, PyKCS11.CKO_PRIVATE_KEY),
        (PyKCS11.CKA_PRIVATE, True),
        (PyKCS11.CKA_SENSITIVE, True),
        (PyKCS11.CKA_EXTRACTABLE, False),
        (PyKCS11.CKA_SIGN, True),
        (PyKCS11.CKA_DECRYPT, False),
        *_key_material(value),
    ]


def _key_material(pkcs8: bytes) -> Template:
    key = serialization.load_der_private_key(pkcs8, None)
    if isinstance(key, ec.EllipticCurvePrivateKey):
        return [
            (PyKCS11.CKA_KEY_TYPE, PyKCS11.CKK_EC),
            (PyKCS11.CKA_EC_PARAMS, SECP384R1),
            (PyKCS11.CKA_VALUE, key.private_numbers().private_value.to_bytes(48, "big")),
        ]
    if not isinstance(key, rsa.RSAPrivateKey):
        raise TypeError("A card holds RSA or P-384 keys.")
    numbers = key.private_numbers()
    parts = {
        PyKCS11.CKA_MODULUS: numbers.public_numbers.n,
        PyKCS11.CKA_PUBLIC_EXPONENT: numbers.public_numbers.e,
        PyKCS11.CKA_PRIVATE_EXPONENT: numbers.d,
        PyKCS11.CKA_PRIME_1: numbers.p,
        PyKCS11.CKA_PRIME_2: numbers.q,
        PyKCS11.CKA_EXPONENT_1: numbers.dmp1,
        PyKCS11.CKA_EXPONENT_2: numbers.dmq1,
        PyKCS11.CKA_COEFFICIENT: numbers.iqmp,
    }
    material = [
        (kind, number.to_bytes((number.bit_length() + 7) // 8, "big")) for kind, number in parts.items()
    ]
    return [(PyKCS11.CKA_KEY_TYPE, PyKCS11.CKK_RSA), *material]


if __name__ == "__main__":
    write(json.load(sys.stdin))
