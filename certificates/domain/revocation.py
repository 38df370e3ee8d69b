"""Revoking a certificate: the four reasons, and the states of a revocation.

It goes the way of a request: contract, signature with the eID, sending once. It ends with outside evidence (OCSP, CRL
or the government's own record), never with our own word for it.
"""

from enum import StrEnum


class RevocationReason(StrEnum):
    """Why a certificate is revoked (RFC 5280 5.3.1); the spelling of CertRA."""

    KEY_COMPROMISE = "keyCompromise"
    AFFILIATION_CHANGED = "affiliationChanged"
    SUPERSEDED = "superseded"
    CESSATION_OF_OPERATION = "cessationOfOperation"


HOLD = "certificateHold"
"""The one reason that is not final (RFC 5280 5.3.1): whoever set it may lift it. CertRA never asks for it."""


class Witness(StrEnum):
    """Who says that a certificate is revoked."""

    OCSP = "ocsp"
    CRL = "crl"
    CERTIFICATE_INFO = "certificate_info"
    """The government's own record of the certificate."""
    AUTHORITY = "authority"
    """Not the certificate itself but an authority above it was revoked."""


class RevocationState(StrEnum):
    """Where a revocation stands."""

    AWAITING_DEVICE = "awaiting_device"
    AWAITING_CONTRACT = "awaiting_contract"
    AWAITING_SIGNATURE = "awaiting_signature"
    SIGNED = "signed"
    SUBMITTING = "submitting"
    OUTCOME_UNKNOWN = "outcome_unknown"
    AWAITING_EVIDENCE = "awaiting_evidence"
    """The government took it; nobody outside has confirmed it yet."""
    COMPLETED = "completed"
    REJECTED = "rejected"
    DECLINED = "declined"
    CANCELLED = "cancelled"
    GAVE_UP = "gave_up"


S = RevocationState

REVOCATION_MOVES: dict[RevocationState, frozenset[RevocationState]] = {
    S.AWAITING_DEVICE: frozenset({S.AWAITING_CONTRACT, S.CANCELLED, S.GAVE_UP}),
    S.AWAITING_CONTRACT: frozenset({S.AWAITING_SIGNATURE, S.REJECTED, S.CANCELLED, S.GAVE_UP}),
    S.AWAITING_SIGNATURE: frozenset({S.SIGNED, S.DECLINED, S.CANCELLED, S.GAVE_UP}),
    S.SIGNED: frozenset({S.SUBMITTING, S.GAVE_UP}),
    S.SUBMITTING: frozenset({S.AWAITING_EVIDENCE, S.REJECTED, S.OUTCOME_UNKNOWN, S.SIGNED}),
    S.OUTCOME_UNKNOWN: frozenset({S.AWAITING_EVIDENCE, S.COMPLETED, S.REJECTED, S.SIGNED, S.GAVE_UP}),
    S.AWAITING_EVIDENCE: frozenset({S.COMPLETED, S.GAVE_UP}),
    # Someone may ask once more after the platform gave up asking.
    S.GAVE_UP: frozenset({S.AWAITING_EVIDENCE, S.AWAITING_CONTRACT, S.OUTCOME_UNKNOWN}),
    S.COMPLETED: frozenset(),
    S.REJECTED: frozenset(),
    S.DECLINED: frozenset(),
    S.CANCELLED: frozenset(),
}

REVOCATION_MACHINE_STATES = frozenset(
    {
        S.AWAITING_DEVICE,
        S.AWAITING_CONTRACT,
        S.AWAITING_SIGNATURE,
        S.SIGNED,
        S.SUBMITTING,
        S.OUTCOME_UNKNOWN,
        S.AWAITING_EVIDENCE,
    }
)
"""States that a worker takes up when they are due; AWAITING_SIGNATURE is due when its job ends unsigned, and
AWAITING_DEVICE every so often, to see whether a workstation has come."""

REVOCATION_AWAITS_EVIDENCE = frozenset(state for state, to in REVOCATION_MOVES.items() if S.COMPLETED in to)
"""States that evidence from outside ends: the government took it, or may have taken it."""

REVOCATION_FINAL_STATES = frozenset({S.COMPLETED, S.REJECTED, S.DECLINED, S.CANCELLED, S.GAVE_UP})
"""States in which nothing moves by itself any more."""
