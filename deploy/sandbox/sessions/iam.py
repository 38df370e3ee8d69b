"""The I.AM certificates: who signs the tokens of an environment, today and before."""

import os
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.x509.oid import ExtendedKeyUsageOID

from deploy.sandbox.authorities.names import Subject
from deploy.sandbox.authorities.pki import ENVIRONMENTS, Pki, key_usage, record
from deploy.sandbox.state.store import Store

OVERLAP = timedelta(days=90)
"""For how long an I.AM certificate still is valid when the next one begins to sign."""
LIFE = timedelta(days=3 * 365)
NAMES = {"production": "IAM", "acceptance": "IAMACC"}
OWNER = ("CBE", "0809394427")


@dataclass(frozen=True)
class Signer:
    """A key that signs tokens, with its certificate."""

    certificate: x509.Certificate
    key: rsa.RSAPrivateKey


class Signers:
    """The I.AM certificates of every environment, oldest first; the last one signs.

    Their certificates stand together in `pki/<environment>/iam.pem`, the one that signs first.
    """

    def __init__(self, state: Path, pki: Pki, store: Store, now: datetime) -> None:
        self._folder, self._pki, self._store = state / "pki", pki, store
        for environment in ENVIRONMENTS:
            if not self.certificates(environment):
                self._make(environment, now)

    def current(self, environment: str) -> Signer:
        """Who signs now."""
        certificate = self.certificates(environment)[-1]
        path = self._private(environment, certificate)
        return Signer(certificate, _rsa(path.read_bytes()))

    def certificates(self, environment: str) -> list[x509.Certificate]:
        """All that were ever made, oldest first."""
        public = self._public(environment)
        return x509.load_pem_x509_certificates(public.read_bytes())[::-1] if public.exists() else []

    def rotate(self, environment: str, now: datetime) -> x509.Certificate:
        """Make the next one, which signs from now on; the one before stays valid until its end."""
        return self._make(environment, now)

    def stranger(self, environment: str, now: datetime) -> Signer:
        """A key with a certificate of the same name that is no I.AM certificate; it is made and thrown away."""
        key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
        return Signer(self._certificate(environment, key, now), key)

    def _make(self, environment: str, now: datetime) -> x509.Certificate:
        key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
        certificate = self._certificate(environment, key, now)
        with self._store.transaction() as db:
            record(db, f"{environment}-issuing", certificate, "iam", environment)
        pem = key.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        )
        private = self._private(environment, certificate)
        with os.fdopen(os.open(private, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as file:
            file.write(pem)
        public = self._public(environment)
        before = public.read_bytes() if public.exists() else b""
        aside = public.with_suffix(".new")
        aside.write_bytes(certificate.public_bytes(serialization.Encoding.PEM) + before)
        aside.replace(public)  # with it, everything is there
        return certificate

    def _certificate(self, environment: str, key: rsa.RSAPrivateKey, now: datetime) -> x509.Certificate:
        """An ordinary eHealth certificate, as the platform's own is."""
        begin = now.replace(microsecond=0) - OVERLAP
        return self._pki[f"{environment}-issuing"].sign(
            Subject(*OWNER, "eHealth-platform", NAMES[environment]).x509(),
            key.public_key(),
            (begin, begin + LIFE),
            [
                (x509.BasicConstraints(ca=False, path_length=None), True),
                (key_usage("digital_signature", "content_commitment", "key_encipherment"), True),
                (
                    x509.ExtendedKeyUsage(
                        [ExtendedKeyUsageOID.CLIENT_AUTH, ExtendedKeyUsageOID.EMAIL_PROTECTION]
                    ),
                    False,
                ),
            ],
        )

    def _public(self, environment: str) -> Path:
        return self._folder / environment / "iam.pem"

    def _private(self, environment: str, certificate: x509.Certificate) -> Path:
        return self._folder / "private" / f"{environment}-iam-{certificate.serial_number:x}.key"


def _rsa(pem: bytes) -> rsa.RSAPrivateKey:
    key = serialization.load_pem_private_key(pem, None)
    if not isinstance(key, rsa.RSAPrivateKey):
        raise TypeError("The I.AM key file holds another kind of key than this program writes.")
    return key
