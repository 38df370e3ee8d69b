"""`ehportal-agent verify`: whether a key store is what the software that loads it expects."""

from collections import Counter
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import Final, Literal

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import rsa

from agent.durable import is_private
from agent.findings import Finding, Level
from agent.language import Texts, end_text, shown, shown_path
from agent.pkcs12 import Contents, KeyEntry
from agent.stores.aliases import decoded, same_alias
from agent.stores.chains import chain_within
from agent.stores.contents import (
    ENTRY,
    authority_alias,
    find_authentication,
    is_for_encryption,
    is_pending,
)
from agent.stores.environments import environment_told_by, fitting_name
from agent.stores.file_names import original_name
from agent.wire.days import written_day
from agent.wire.jobs import Environment
from agent.wire.pki.names import CertificateName, certificate_name, read_file_name
from agent.wire.pki.reading.loaded import name_of, serial_of
from agent.wire.pki.reading.text import COMMON_NAME
from agent.wire.pki.unreadable import UNREADABLE_NAME

RENEWAL: Final = timedelta(days=90)
LEAST_KEY_BITS: Final = 2048
_MISNAMED: Final[dict[Environment, str]] = {
    "production": "misnamed_production",
    "acceptance": "misnamed_acceptance",
}


class Verification:
    """Looks at one opened store; `examine` gives its findings in the order a helpdesk would ask."""

    def __init__(self, texts: Texts, path: Path, contents: Contents, *, now: datetime) -> None:
        self._texts = texts
        self._path = path
        self._contents = contents
        self._now = now

    def examine(self) -> Iterator[Finding]:
        """Yield all findings; what is wrong says what to do."""
        store = self._contents
        yield self._ok("opened", file=shown_path(self._path.name), keys=str(len(store.keys)))
        yield self._ok(f"format_{store.protection}")
        if not store.has_mac:
            yield self._told("no_mac", "note")
        if store.key_password is not None:
            yield self._told("key_password", "note")
        yield from self._rights()
        authentication = find_authentication(store)
        if authentication is None:
            yield self._told("no_authentication", "fail")
        else:
            yield from self._authentication(authentication)
        others = [entry for entry in store.keys if entry is not authentication]
        for entry in others:
            yield from self._other(entry)
        waits = (
            authentication is not None
            and authentication.certificate is not None
            and is_pending(authentication)
        )
        if authentication is not None and not waits and not any(is_for_encryption(entry) for entry in others):
            yield self._told("no_encryption", "note")
        yield from self._aliases()
        if store.foreign:
            yield self._told("foreign", "note", count=str(store.foreign))

    def _ok(self, key: str, **values: str) -> Finding:
        return Finding(key, "ok", self._texts(f"verify.{key}", **values))

    def _told(self, key: str, level: Level, **values: str) -> Finding:
        text, following = self._texts(f"verify.{key}", **values), self._texts(f"verify.{key}_next", **values)
        return Finding(key, level, text, following)

    def _rights(self) -> Iterator[Finding]:
        for key, path in (("folder_open", self._path.parent), ("file_open", self._path)):
            if not is_private(path):
                yield self._told(key, "fail" if key == "file_open" else "note", file=shown_path(path))

    def _authentication(self, entry: KeyEntry) -> Iterator[Finding]:
        certificate = entry.certificate
        if entry.alias != ENTRY:
            yield self._told("authentication_alias", "note", alias=shown(entry.alias))
        if certificate is None:
            yield self._told("authentication_bare", "fail")
            return
        if is_pending(entry):
            yield self._told("pending", "note")
            return
        if not entry.belongs_together:
            yield self._told("mismatched", "fail", alias=shown(entry.alias))
            return
        if not isinstance(entry.key, rsa.RSAPrivateKey) or entry.key.key_size < LEAST_KEY_BITS:
            yield self._told("weak", "note", alias=shown(entry.alias))
        subject, end = shown(_name_of(certificate)), certificate.not_valid_after_utc
        values = {"name": subject, "end": end_text(self._texts, end)}
        if end <= self._now:
            yield self._told("ended", "fail", **values)
        elif certificate.not_valid_before_utc > self._now:
            yield self._told(
                "too_early", "fail", name=subject, begin=written_day(certificate.not_valid_before_utc)
            )
        elif end - self._now <= RENEWAL:
            yield self._told("ends_soon", "note", **values)
        else:
            yield self._ok("authentication", **values)
        yield from self._file_name(certificate)
        yield self._chain(certificate)

    def _file_name(self, certificate: x509.Certificate) -> Iterator[Finding]:
        facts = read_file_name(self._path.name)
        if facts is not None and ehealth_name(certificate) != facts.name:
            yield self._told("file_name", "note", file=shown_path(self._path.name))
        environment = environment_told_by(certificate)
        better = fitting_name(original_name(self._path.name), environment)
        if environment is not None and better != original_name(self._path.name):
            values = {"file": shown_path(self._path.name), "name": shown_path(better)}
            yield self._told(_MISNAMED[environment], "note", **values)

    def _chain(self, certificate: x509.Certificate) -> Finding:
        held = [entry.certificate for entry in self._contents.certificates]
        chain, whole = chain_within(certificate, held)
        top = shown(_common_name(chain[-1], "subject" if whole else "issuer"))
        if len(chain) == 1 and not whole:
            if any(name_of(other, "subject") == name_of(certificate, "issuer") for other in held):
                return self._told("chain_false", "fail", issuer=top)
            return self._told("chain_missing", "note", issuer=top)
        if any(ca.not_valid_after_utc <= self._now for ca in chain[1:]):
            return self._told("chain_ended", "note", issuer=shown(_common_name(chain[1], "subject")))
        # The platform delivers the chain without its root.
        return self._ok("chain_to_root" if whole else "chain_below_root", issuer=top)

    def _other(self, entry: KeyEntry) -> Iterator[Finding]:
        alias, certificate = shown(entry.alias), entry.certificate
        if certificate is None:
            yield self._told("bare", "note", alias=alias)
            return
        end = end_text(self._texts, certificate.not_valid_after_utc)
        if not entry.belongs_together:
            yield self._told("mismatched", "fail", alias=alias)
        elif not is_for_encryption(entry):
            yield self._told("other_key", "note", alias=alias, end=end)
        elif entry.alias != str(serial_of(certificate)):
            yield self._told("encryption_alias", "fail", alias=alias, serial=str(serial_of(certificate)))
        elif certificate.not_valid_after_utc <= self._now:
            yield self._ok("encryption_ended", alias=alias, end=end)
        else:
            yield self._ok("encryption", alias=alias, end=end)

    def _aliases(self) -> Iterator[Finding]:
        # Java's PKCS12 key stores know no capitals: equal names but for those are one.
        every = [decoded(entry.alias).lower() for entry in self._contents.keys]
        every += [decoded(entry.alias).lower() for entry in self._contents.certificates if entry.alias]
        for alias, count in Counter(every).items():
            if count > 1:
                yield self._told("alias_twice", "fail", alias=shown(alias))
        for entry in self._contents.certificates:
            expected = authority_alias(entry.certificate)
            if not _is_alias_of(entry.alias, expected):
                yield self._told(
                    "authority_alias",
                    "note",
                    alias=shown(entry.alias) or "–",
                    subject=shown(expected),
                )


def _is_alias_of(alias: str, subject: str) -> bool:
    # A second certificate of one authority has its serial number behind the name.
    return same_alias(alias, subject) or same_alias(alias.rpartition(" ")[0], subject)


def _name_of(certificate: x509.Certificate) -> str:
    name = ehealth_name(certificate)
    return _common_name(certificate, "subject") if name is None else str(name)


def ehealth_name(certificate: x509.Certificate) -> CertificateName | None:
    """Return the eHealth name of a certificate, None for one that bears another or none that can be read."""
    try:
        return certificate_name(certificate.subject)
    except UNREADABLE_NAME:
        return None


def _common_name(certificate: x509.Certificate, field: Literal["subject", "issuer"]) -> str:
    name = name_of(certificate, field)
    return next(iter(name.values(COMMON_NAME)), name.rfc4514)
