"""Whether a certificate may be renewed today, and if not, what stands in the way.

There is no renew operation: a renewal is a request for the same name inside the replacement period, the only time two
certificates may be active for one name (wire contract). An expired or revoked one is not renewed but requested anew.
"""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from certificates.domain.validity import CertificateStatus, RevocationStatus, status_of, window_start


class RenewalOutcome(StrEnum):
    """What a look at a certificate found; the values are stable codes."""

    RENEWABLE = "renewable"
    TOO_EARLY = "too_early"
    EXPIRED = "expired"
    REVOKED = "revoked"
    NOT_RECOGNISED = "not_recognised"
    """Its chain leads to no anchor: there is nothing that the government could renew."""
    ON_HOLD = "on_hold"
    """Suspended, which may be lifted."""
    BEING_REVOKED = "being_revoked"
    ALREADY_RENEWED = "already_renewed"
    IN_PROGRESS = "in_progress"
    NOT_OURS = "not_ours"
    """The name in it fits none of the organisation's numbers."""
    NUMBER_WAITS = "number_waits"
    """Another organisation has proven its number: nothing is asked for it before the operator has looked at it."""
    MANDATE_ENDED = "mandate_ended"
    """The former holder is still here, without a mandate for the number today."""
    HOLDER_LEFT = "holder_left"
    KEY_STORE_LOST = "key_store_lost"
    """The holder said that the key store or its password is gone; it may turn up again."""
    NOBODY_MANDATED = "nobody_mandated"
    NO_WORKSTATION = "no_workstation"
    """The holder has enrolled none yet: the renewal can be asked for and goes on once there is one."""


R = RenewalOutcome

FINAL_OBSTACLES = frozenset(
    {
        *(R.TOO_EARLY, R.EXPIRED, R.REVOKED, R.ALREADY_RENEWED, R.IN_PROGRESS, R.NOT_OURS),
        *(R.NOT_RECOGNISED, R.ON_HOLD, R.BEING_REVOKED, R.NUMBER_WAITS),
    }
)
"""No other holder and no other contact data help against these."""

NEEDS_A_HOLDER = frozenset({R.MANDATE_ENDED, R.HOLDER_LEFT, R.NOBODY_MANDATED})
"""Somebody else, or a new mandate, helps against these."""


class HolderStanding(StrEnum):
    """How the holder of the certificate stands towards its number today."""

    UNKNOWN = "unknown"
    """Nothing here says who holds it: it was imported."""
    MANDATED = "mandated"
    WITHOUT_MANDATE = "without_mandate"
    LEFT = "left"


class Succession(StrEnum):
    """Whether somebody has renewed it, here or elsewhere."""

    NONE = "none"
    IN_PROGRESS = "in_progress"
    RENEWED = "renewed"


@dataclass(frozen=True)
class RenewalFacts:
    """What decides about the renewal of one certificate."""

    not_before: datetime
    not_after: datetime
    revocation: RevocationStatus = RevocationStatus.GOOD
    recognised: bool = True
    ending: bool = False
    """Whether a revocation of it is on its way."""
    replaceable_from: datetime | None = None
    ours: bool = True
    number_waits: bool = False
    succession: Succession = Succession.NONE
    key_store_lost: bool = False
    holder: HolderStanding = HolderStanding.MANDATED
    anyone_mandated: bool = True
    enrolled: bool = True
    """Whether the mandated holder has a workstation; without one nobody can sign yet."""

    @property
    def opens_at(self) -> datetime:
        """When it can be renewed at the earliest."""
        return window_start(self.not_after, self.replaceable_from)


def renewal_outcome(facts: RenewalFacts, now: datetime) -> RenewalOutcome:
    """Return RENEWABLE, or the first obstacle that a renewal at `now` meets.

    Obstacles that nobody can remove (revoked, renewed, expired, on its way) are looked at before those that somebody
    can (no mandate, no workstation). Reads no clock and no database.
    """
    status = status_of(
        facts.not_before,
        facts.not_after,
        facts.revocation,
        now,
        facts.replaceable_from,
        facts.recognised,
    )
    if status is CertificateStatus.REVOKED:
        return R.REVOKED
    if status is CertificateStatus.NOT_RECOGNISED:
        return R.NOT_RECOGNISED
    if facts.succession is Succession.RENEWED:
        return R.ALREADY_RENEWED
    if status is CertificateStatus.EXPIRED:
        return R.EXPIRED
    if facts.ending:
        return R.BEING_REVOKED
    if facts.succession is Succession.IN_PROGRESS:
        return R.IN_PROGRESS
    if not facts.ours:
        return R.NOT_OURS
    if facts.number_waits:
        return R.NUMBER_WAITS
    if status is CertificateStatus.ON_HOLD:
        return R.ON_HOLD
    if status is not CertificateStatus.RENEWABLE:
        return R.TOO_EARLY
    if facts.key_store_lost:
        return R.KEY_STORE_LOST
    if facts.holder is HolderStanding.WITHOUT_MANDATE:
        return R.MANDATE_ENDED
    if not facts.anyone_mandated:
        return R.NOBODY_MANDATED
    if facts.holder is HolderStanding.LEFT:
        return R.HOLDER_LEFT
    if facts.holder is HolderStanding.MANDATED and not facts.enrolled:
        return R.NO_WORKSTATION
    return R.RENEWABLE
