"""The names of entries, as connector software knows them: small letters, and a number that stays what it is.

Numbers are no identity: each installation has its own. So a certificate keeps the number it got here first.
"""

from cryptography import x509

from agent.wire.pki.unreadable import UNREADABLE
from certificates.domain.lifecycle import Environment
from certificates.domain.trusted import Purpose

LONGEST = 200
_OPERATORS = {Environment.PRODUCTION: "prd", Environment.ACCEPTANCE: "acc"}


def alias_of(purpose: Purpose, environment: Environment, number: int, der: bytes) -> str:
    """Return the name under which a certificate stands in a store: the updater's own, `ttsaNN`, or `prd-tslo-NN`."""
    if purpose is Purpose.TIMESTAMPS:
        return f"ttsa{number:02}"
    if purpose is Purpose.OPERATORS:
        return f"{_OPERATORS[environment]}-tslo-{number:02}"
    return f"{number - 1:03} {subject_of(der)[:LONGEST]}".lower()


def subject_of(der: bytes) -> str:
    """Return a certificate's subject (RFC 4514) on one line, whatever somebody put into it."""
    try:
        name = x509.load_der_x509_certificate(der).subject.rfc4514_string()
    except UNREADABLE:
        return "?"
    return "".join(one if one.isprintable() and ord(one) < 0x10000 else "?" for one in name)
