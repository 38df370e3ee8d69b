"""What a token in the depot is worth to a key store: the old one, the new one, and one that lacks a key."""

from datetime import UTC, datetime, timedelta

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import Encoding

from agent.pkcs12 import Contents
from agent.portal.answers import DepotToken
from agent.stores.contents import authentication_entry, new_contents, with_encryption_entry
from agent.tokens.self_test import judge_token
from agent.wire.pki.names import name_from_dn
from agent.wire.tokens.encryption_certificate import make_encryption_certificate
from tests.support.authority import DN, Authority, key
from tests.support.tokens import make_token

NOW = datetime.now(UTC)
AUTHORITY = Authority()
STRANGERS = Authority(3, name="Test Other")


def _store(
    begun: int, number: int, authority: Authority = AUTHORITY
) -> tuple[Contents, rsa.RSAPrivateKey, x509.Certificate]:
    """A store of a certificate that begun so many days ago, with one encryption key; and what its token holds."""
    system, encryption = key(number), key(number + 1)
    validity = (NOW - timedelta(days=begun), NOW + timedelta(days=900 - begun))
    leaf = authority.sign(name_from_dn(DN, printable=False), system.public_key(), validity=validity)
    token = make_encryption_certificate(leaf, system, encryption.public_key(), 2**100 + number)
    contents = with_encryption_entry(new_contents(system, leaf, [authority.issuing]), encryption, token)
    return contents, encryption, token


def _depot(contents: Contents, token: x509.Certificate, authority: Authority = AUTHORITY) -> DepotToken:
    leaf = authentication_entry(contents).certificate
    certificates = [authority.etk_ra, leaf, authority.issuing]
    etk = make_token(authority, token.public_bytes(Encoding.DER), certificates)
    return DepotToken(etk, AUTHORITY.anchors)


OLD, _, OLD_TOKEN = _store(100, 10)
NEW, _, NEW_TOKEN = _store(1, 12)
FORGED, _, FORGED_TOKEN = _store(1, 14, STRANGERS)
BARE = Contents(NEW.keys[:1], NEW.certificates)


@pytest.mark.parametrize(
    ("contents", "depot", "finding", "serial"),
    [
        (OLD, _depot(OLD, OLD_TOKEN), "ok", OLD_TOKEN),
        (NEW, _depot(NEW, NEW_TOKEN), "ok", NEW_TOKEN),
        (NEW, _depot(OLD, OLD_TOKEN), "other_token", None),
        (OLD, _depot(NEW, NEW_TOKEN), "replaced", None),
        (OLD, _depot(FORGED, FORGED_TOKEN, STRANGERS), "other_token", None),
        (BARE, _depot(NEW, NEW_TOKEN), "key_missing", NEW_TOKEN),
    ],
)
def test_whose_token_the_depot_hands_out_is_told_apart(
    contents: Contents, depot: DepotToken, finding: str, serial: x509.Certificate | None
) -> None:
    found = judge_token(depot, contents, authentication_entry(contents), now=NOW)
    assert found == (finding, str(serial.serial_number) if serial else "")
