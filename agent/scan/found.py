"""A key store file that was found: what its name and rights tell, and what is inside once it was opened."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding

from agent.pkcs12 import Contents
from agent.stores.contents import encryption_entries, find_authentication, is_pending
from agent.stores.environments import environment_told_by, fitting_name
from agent.wire.jobs import Environment
from agent.wire.pki.reading.fields import read_fields


@dataclass(frozen=True)
class CertificateFacts:
    """The public facts of an authentication certificate; a serial number that cannot be read is empty."""

    fingerprint: str
    public_key_identifier: str
    serial: str
    subject: str
    not_after: datetime
    environment: Environment | None

    @classmethod
    def of(cls, certificate: x509.Certificate) -> "CertificateFacts":
        """Read them, field by field. The subject is RFC 4514, its national number as it stands there.

        Raises ValueError for a certificate whose end cannot be read.
        """
        fields = read_fields(certificate.public_bytes(Encoding.DER))
        return cls(
            fields.fingerprint,
            fields.key_identifier,
            "" if "serial" in fields.unread else str(fields.serial),
            fields.subject.rfc4514,
            fields.not_after,
            environment_told_by(certificate),
        )


@dataclass(frozen=True)
class FoundStore:
    """One file: what its name, its rights and its content tell, and its certificate once it was opened.

    `fingerprint`, `not_after` and the environment that the certificate tells are also there for a store that this
    agent opened before. `is_pending`: its key waits for a certificate. `is_store` is false for a file that is only
    named like one. `problem` is the code of what kept it from being opened.
    """

    path: Path
    digest: str
    named_environment: Environment
    is_store: bool
    is_backup: bool
    is_private: bool
    estimated_end: datetime | None
    fingerprint: str | None = None
    not_after: datetime | None = None
    told_environment: Environment | None = None
    certificate: CertificateFacts | None = None
    encryption_keys: int = 0
    problem: str = ""
    is_pending: bool = False

    @property
    def environment(self) -> Environment:
        """The certificate's where it tells, else what the file name suggests."""
        return self.told_environment or self.named_environment

    @property
    def better_name(self) -> str:
        """What the file should be called for its environment; empty where its name fits."""
        name = fitting_name(self.path.name, self.told_environment)
        return "" if self.is_backup or name == self.path.name else name

    @property
    def end(self) -> datetime | None:
        """The real end where it is known, else the estimate."""
        return self.not_after or self.estimated_end

    @property
    def is_estimated(self) -> bool:
        """Whether `end` is only what the file name suggests."""
        return self.not_after is None and self.estimated_end is not None


def opened(store: FoundStore, contents: Contents) -> FoundStore:
    """The same store with what is inside it; without an authentication certificate only its keys are counted."""
    found = replace(store, encryption_keys=len(encryption_entries(contents)))
    entry = find_authentication(contents)
    if entry is not None and is_pending(entry):
        return replace(found, is_pending=True, estimated_end=None)
    if entry is None or entry.certificate is None or not entry.belongs_together:
        return found
    try:
        facts = CertificateFacts.of(entry.certificate)
    except ValueError:
        return found
    return replace(
        found,
        certificate=facts,
        fingerprint=facts.fingerprint,
        not_after=facts.not_after,
        told_environment=facts.environment,
    )


def duplicates(stores: Sequence[FoundStore]) -> tuple[tuple[FoundStore, ...], ...]:
    """Groups of files with the very same content."""
    return _groups((store.digest, store) for store in stores if store.is_store)


def copies(stores: Sequence[FoundStore]) -> tuple[tuple[FoundStore, ...], ...]:
    """Groups of different files that hold the same key, such as one under another password."""
    facts = [store.certificate for store in stores if store.certificate]
    keys = {certificate.fingerprint: certificate.public_key_identifier for certificate in facts}
    known = [(store.fingerprint, store) for store in stores if store.fingerprint]
    groups = _groups((keys.get(fingerprint, fingerprint), store) for fingerprint, store in known)
    return tuple(group for group in groups if len({store.digest for store in group}) > 1)


def same_certificate(group: Sequence[FoundStore]) -> bool:
    """Whether files with the same key hold the same certificate too."""
    return len({store.fingerprint for store in group}) == 1


def _groups(pairs: Iterable[tuple[str, FoundStore]]) -> tuple[tuple[FoundStore, ...], ...]:
    together: dict[str, list[FoundStore]] = defaultdict(list)
    for key, store in pairs:
        together[key].append(store)
    return tuple(tuple(group) for group in together.values() if len(group) > 1)
