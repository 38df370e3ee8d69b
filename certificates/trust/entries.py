"""A revocation list as rows: whether it speaks of every certificate of its issuer, and what it says of each."""

from dataclasses import dataclass
from datetime import datetime

from cryptography import x509

from certificates.domain.revocation import HOLD
from certificates.trust.revocation import REMOVED, UNREADABLE


@dataclass(frozen=True)
class Entry:
    """One listed certificate: serial number (hex), since when, and why (RFC 5280 5.3.1, may be empty).

    `is_final` is False where the entry alone does not say that it is revoked for good.
    """

    serial: str
    revoked_at: datetime
    reason: str
    is_final: bool


def speaks_of_all(crl: x509.CertificateRevocationList, address: str) -> bool:
    """Return whether a certificate that names `address` and is not listed is not revoked: a whole list, of all reasons.

    RFC 5280 5.2.4 and 5.2.5; a list of authorities alone, of attribute certificates or of another point is none.
    """
    try:
        extensions = list(crl.extensions)
    except UNREADABLE:
        return False
    for extension in extensions:
        value = extension.value
        # A part of a list, and one that names a part which says more (5.2.6): the single check reads both.
        if isinstance(value, (x509.DeltaCRLIndicator, x509.FreshestCRL)):
            return False
        if isinstance(value, x509.IssuingDistributionPoint):
            if value.only_contains_ca_certs or value.only_contains_attribute_certs or value.indirect_crl:
                return False
            if value.only_some_reasons or value.relative_name:
                return False
            named = [name.value for name in value.full_name or ()]
            if named and address not in named:
                return False
    return True


def entries_of(crl: x509.CertificateRevocationList) -> list[Entry]:
    """Return what a list says, each certificate once: a final entry outweighs another. Raises what UNREADABLE names."""
    found: dict[int, Entry] = {}
    for entry in crl:
        reason, strange = "", False
        for extension in entry.extensions:
            if isinstance(extension.value, x509.CRLReason):
                reason = str(extension.value.reason.value)
            elif extension.critical:
                strange = True
        is_final = not strange and reason not in {HOLD, REMOVED}
        if entry.serial_number not in found or (is_final and not found[entry.serial_number].is_final):
            found[entry.serial_number] = Entry(
                f"{entry.serial_number:x}", entry.revocation_date_utc, reason, is_final
            )
    return list(found.values())
