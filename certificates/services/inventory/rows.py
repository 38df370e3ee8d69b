"""What a certificate's row says: decided here, whether one certificate comes in or thousands do."""

import base64
from collections.abc import Sequence
from datetime import datetime
from functools import lru_cache

from agent.wire.pki.certificates import readable
from certificates.domain.lifecycle import Environment
from certificates.domain.x509 import CertificateFacts
from certificates.models import Issuer
from organisations.domain.identifiers import mask_ssins
from organisations.sealing import seal


def values_of(
    facts: CertificateFacts,
    *,
    environment: Environment,
    chain_trusted: bool,
    source: str,
    now: datetime,
) -> dict[str, object]:
    """Return the columns that the certificate itself decides; a national number in a name is masked, the DER sealed.

    `ssin_index` and the issuers are not among them: what they are stands in the database.
    """
    common_name, holder_name = mask_ssins(facts.common_name), mask_ssins(facts.holder_name)
    return {
        "environment": environment.value,
        "sealed_der": seal(facts.der),
        "public_key_identifier": facts.public_key_identifier,
        "serial": facts.serial,
        "subject": mask_ssins(facts.subject)[:500],
        "issuer": mask_ssins(facts.issuer)[:500],
        "common_name": common_name[:250],
        "holder_name": holder_name[:250],
        "identifier_type": facts.identifier_type,
        "identifier_value": "" if facts.is_personal else facts.identifier_value,
        "application_id": facts.application_id,
        "holds_number": facts.holds_number,
        "not_before": facts.not_before,
        "not_after": facts.not_after,
        "key_algorithm": facts.key_algorithm,
        "key_usages": list(facts.key_usages),
        "extended_key_usages": list(facts.extended_key_usages),
        "crl_urls": [mask_ssins(url) for url in facts.crl_urls],
        "ocsp_urls": [mask_ssins(url) for url in facts.ocsp_urls],
        "chain_trusted": chain_trusted,
        "source": source,
        "search_text": " ".join(
            (
                common_name,
                holder_name,
                facts.application_id,
                facts.serial,
                facts.public_key_identifier,
                facts.fingerprint,
            )
        ).lower(),
        "created_at": now,
    }


def issuers_of(chain: Sequence[bytes], *, trusted: bool) -> dict[str, list[str] | None]:
    """Return how a certificate's issuers are kept: shared, or with it where no anchor vouches for them.

    Those are what one organisation uploaded, and nobody else's business.
    """
    above = readable_of(chain)
    if trusted:
        return {"issuers": Issuer.objects.keep(above), "chain": []}
    return {"issuers": None, "chain": [base64.b64encode(der).decode() for der in above]}


def readable_of(chain: Sequence[bytes]) -> list[bytes]:
    """Return the issuers that can be read: another stands above nothing, and workstations would refuse it."""
    return [der for der in chain if _is_readable(der)]


@lru_cache(maxsize=64)
def _is_readable(der: bytes) -> bool:
    """An upload names the same few issuers again and again."""
    return bool(readable([der]))
