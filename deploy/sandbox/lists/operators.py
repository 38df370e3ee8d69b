"""Who signs the trusted lists: an operator for each environment, self-signed, with the usage of its trade."""

import json
import os
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.x509.oid import NameOID

from deploy.sandbox.authorities.pki import ENVIRONMENTS, key_usage, serial_number
from deploy.sandbox.state.store import Store

LIFE = timedelta(days=7 * 365)
NAME = "Sandbox eHealth list operator"
TERRITORY = "BE"
TSL_SIGNING = x509.ObjectIdentifier("0.4.0.2231.3.0")


@dataclass(frozen=True)
class Operator:
    """A key that signs lists, with its certificate."""

    certificate: x509.Certificate
    key: rsa.RSAPrivateKey

    @property
    def pem(self) -> str:
        """Its certificate as text."""
        return self.certificate.public_bytes(serialization.Encoding.PEM).decode()


class Operators:
    """The operators of every environment; the first one's certificate is `pki/<environment>/tslo.pem`, once for all.

    Whoever follows is announced inside the lists and nowhere else, as the standard has it.
    """

    def __init__(self, state: Path, store: Store, now: datetime) -> None:
        self._folder, self._store = state / "pki", store
        for environment in ENVIRONMENTS:
            if not self._serials(environment):
                first = self.announce(environment, now)
                (self._folder / environment / "tslo.pem").write_text(first.pem)

    def _serials(self, environment: str) -> list[str]:
        return list(self._store.setting(f"list-operators-{environment}", []))

    def current(self, environment: str) -> Operator:
        """Who signs now."""
        return self._load(environment, self._serials(environment)[0])

    def announce(self, environment: str, now: datetime) -> Operator:
        """Make one that waits behind those that there are."""
        serials = self._serials(environment)
        key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
        made = Operator(operator_certificate(environment, key, now, number=len(serials) + 1), key)
        serial = f"{made.certificate.serial_number:x}"
        pem = key.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        )
        path = self._private(environment, serial)
        with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as file:
            file.write(json.dumps({"key": pem.decode(), "certificate": made.pem}).encode())
        self._store.put_setting(f"list-operators-{environment}", [*serials, serial])
        return made

    def switch(self, environment: str) -> Operator | None:
        """Have the next one sign from now on; None where none was announced."""
        serials = self._serials(environment)
        if len(serials) < 2:
            return None
        self._store.put_setting(f"list-operators-{environment}", [*serials[1:], serials[0]])
        return self.current(environment)

    def again(self, environment: str) -> None:
        """Forget all but the first one, which signs again."""
        first = x509.load_pem_x509_certificate((self._folder / environment / "tslo.pem").read_bytes())
        self._store.put_setting(f"list-operators-{environment}", [f"{first.serial_number:x}"])

    def _private(self, environment: str, serial: str) -> Path:
        return self._folder / "private" / f"{environment}-tslo-{serial}.json"

    def _load(self, environment: str, serial: str) -> Operator:
        kept = json.loads(self._private(environment, serial).read_text())
        key = serialization.load_pem_private_key(kept["key"].encode(), None)
        if not isinstance(key, rsa.RSAPrivateKey):
            raise TypeError("The operator's key file holds another kind of key than this program writes.")
        return Operator(x509.load_pem_x509_certificate(kept["certificate"].encode()), key)


def operator_certificate(
    environment: str,
    key: rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey,
    now: datetime,
    *,
    number: int = 1,
    usage: bool = True,
    ended: bool = False,
) -> x509.Certificate:
    """An operator's certificate (ETSI TS 119 612 5.7.1); without `usage`, or `ended`, one that must be refused."""
    begin = (now - timedelta(days=9 * 365 if ended else 400)).replace(microsecond=0)
    name = x509.Name(
        [
            x509.NameAttribute(NameOID.COUNTRY_NAME, TERRITORY),
            x509.NameAttribute(NameOID.ORGANIZATION_NAME, NAME),
            x509.NameAttribute(NameOID.COMMON_NAME, f"Sandbox list operator {environment} {number}"),
        ]
    )
    builder = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(serial_number())
        .not_valid_before(begin)
        .not_valid_after(begin + LIFE)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(key_usage("digital_signature"), critical=True)
    )
    if usage:
        builder = builder.add_extension(x509.ExtendedKeyUsage([TSL_SIGNING]), critical=False)
    return builder.sign(key, hashes.SHA256())
