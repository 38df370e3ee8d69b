"""The challenge of StartETKRegistration: who can open it has the key, and learns the serial number of the token."""

import hashlib
import hmac
import secrets

from cryptography.hazmat.primitives.asymmetric import padding, rsa

from agent.wire.errors import TokenInvalid

SERIAL_BYTES = 16
_ENCRYPTED, _HASH = 256, 32


def open_challenge(key: rsa.RSAPrivateKey, challenge: bytes) -> int:
    """The serial number in a challenge: sixteen bytes, an unsigned big-endian number.

    The challenge is RSA PKCS#1 v1.5 encryption of the serial, then SHA-256 over the serial: 288 bytes. Raises
    TokenInvalid `challenge_invalid`, in the same way whatever is wrong inside.
    """
    if len(challenge) != _ENCRYPTED + _HASH or key.key_size != 8 * _ENCRYPTED:
        raise TokenInvalid("the challenge does not have 288 bytes", code="challenge_invalid")
    try:
        opened = key.decrypt(challenge[:_ENCRYPTED], padding.PKCS1v15())
    except ValueError:
        opened = b""
    serial = opened if len(opened) == SERIAL_BYTES else secrets.token_bytes(SERIAL_BYTES)
    right = hmac.compare_digest(hashlib.sha256(serial).digest(), challenge[_ENCRYPTED:])
    number = int.from_bytes(serial, "big")
    if not right or not number:
        raise TokenInvalid("the challenge was not made for this key", code="challenge_invalid")
    return number
