"""Key stores for tests: several keys, an authority, and the outside programs that read and write them."""

import subprocess
from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import rsa

from agent import pkcs12
from agent.pkcs12 import CertificateEntry, Contents, KeyEntry
from agent.stores.contents import ENTRY
from agent.wire.jobs import Environment
from agent.wire.pki.names import ehealth_dn, name_from_dn
from deploy.stack.bootstrap import BCPROV

PASSWORD = "wolk trompet kade 71"
JAVA_TRUSTS = bytes.fromhex("3016060c6086480186f966adca7b010131060604551d2500")
"""The attribute by which keytool marks a certificate as an entry of its own."""
CA_ALIAS = "CN=Test Issuing CA,C=BE"


def _certificate(
    subject: x509.Name, key: rsa.RSAPrivateKey, issuer: x509.Name, signer: rsa.RSAPrivateKey
) -> x509.Certificate:
    now = datetime.now(UTC)
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=900))
        .sign(signer, hashes.SHA256())
    )


def _key() -> rsa.RSAPrivateKey:
    return rsa.generate_private_key(public_exponent=65537, key_size=2048)


@cache
def full_contents() -> Contents:
    """An authentication key with its authority, and two encryption keys under their serial numbers."""
    return _contents(tokens=2)


@cache
def other_contents() -> Contents:
    """What came after a renewal: the same names, all new keys, one encryption key."""
    return _contents(tokens=1)


@cache
def contents_of(environment: Environment) -> Contents:
    """A store as the authority of an environment issues it, by the name that it has there."""
    names = {
        "production": "CN=ZetesConfidens Private Trust PKI - eHealth issuing CA 001,O=ZETES SA,C=BE",
        "acceptance": "CN=TEST-ZetesConfidens-eHealth acceptance test-issuing CA 001,O=ZETES SA,C=BE",
    }
    return _contents(tokens=1, authority=names[environment])


def _contents(*, tokens: int, authority: str = CA_ALIAS) -> Contents:
    ca_name, ca_key, key = name_from_dn(authority), _key(), _key()
    issuer = _certificate(ca_name, ca_key, ca_name, ca_key)
    subject = name_from_dn(ehealth_dn("CBE", "0406798006", "Test", "APP"))
    entries = [KeyEntry(ENTRY, key, _certificate(subject, key, ca_name, ca_key))]
    for _ in range(tokens):
        token_key = _key()
        token = _certificate(subject, token_key, subject, key)
        entries.append(KeyEntry(str(token.serial_number), token_key, token))
    return Contents(tuple(entries), (CertificateEntry(authority, issuer, (JAVA_TRUSTS,)),))


def bouncy_castle_store(folder: Path) -> bytes:
    """The same entries as BouncyCastle writes them; keytool makes its certificate aliases lower-case."""
    ours, theirs = folder / "ours.p12", folder / "bouncy-castle.p12"
    ours.write_bytes(pkcs12.write(full_contents(), PASSWORD, "modern"))
    run(
        *("keytool", "-importkeystore", "-srckeystore", ours, "-srcstoretype", "PKCS12"),
        *("-destkeystore", theirs, "-deststoretype", "PKCS12", "-destprovidername", "BC"),
        *("-providerpath", BCPROV),
        *("-providerclass", "org.bouncycastle.jce.provider.BouncyCastleProvider"),
        given=f"{PASSWORD}\n{PASSWORD}\n{PASSWORD}\n",
    )
    return theirs.read_bytes()


def run(*command: str | Path, given: str = "") -> str:
    """Run an outside program with `given` on its input; returns all it says. Raises when it fails."""
    done = subprocess.run(
        [str(part) for part in command], input=given, capture_output=True, text=True, check=True
    )
    return done.stdout + done.stderr
