"""States that everything goes through that a holder signs with an eID and the government gets once.

Requests and revocations spell them alike, so that the steps they share (contract, signature, sending, asking) are
written once. What comes after is each one's own.
"""

from datetime import timedelta
from enum import StrEnum

JOB_LIFETIME = timedelta(days=30)
"""How long a workstation may take up what it is asked to do; then the job ends and nothing was done."""


class SigningState(StrEnum):
    """The part that `RequestState` and `RevocationState` have in common."""

    AWAITING_DEVICE = "awaiting_device"
    AWAITING_CONTRACT = "awaiting_contract"
    AWAITING_SIGNATURE = "awaiting_signature"
    SIGNED = "signed"
    SUBMITTING = "submitting"
    OUTCOME_UNKNOWN = "outcome_unknown"
    REJECTED = "rejected"
    DECLINED = "declined"
    CANCELLED = "cancelled"
    GAVE_UP = "gave_up"
