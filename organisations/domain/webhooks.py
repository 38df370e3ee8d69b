"""What the systems of an organisation can be told: the types of messages, by the actions of the record that they tell.

Types are part of the published interface: one is never renamed. Of the details of an event only those leave that name
no person and hold no text that somebody typed.
"""

from collections.abc import Iterable, Mapping
from datetime import timedelta
from enum import StrEnum


class Topic(StrEnum):
    """What a webhook can be told of; the values are stable codes."""

    CERTIFICATES = "certificates"
    ENDS = "ends"
    """Ends that come nearer, as the rules of notices say."""
    REQUESTS = "requests"
    REVOCATIONS = "revocations"
    TOKENS = "tokens"
    MANDATES = "mandates"
    PEOPLE = "people"


TEST = "webhook_tested"
ENDING, ENDED = "end_ahead", "end_passed"
"""Actions that stand in no record: what lies ahead is found, not done."""

_SIGNING = ("awaiting_device", "awaiting_contract", "awaiting_signature", "signed", "declined", "unsigned")
_SENDING = (
    *("submitting", "not_sent", "not_received", "outcome_unknown"),
    *("completed", "rejected", "cancelled", "gave_up"),
)
_REQUESTING = ("made", *_SIGNING, *_SENDING, "awaiting_certificate", "issued")
_REVOKING = ("asked", *_SIGNING, *_SENDING, "awaiting_evidence")
_FOREIGN = (
    *("made", "prepared", "ready", *_SENDING, "awaiting_confirmation", "unconfirmed", "lapsed"),
    *("awaiting_certificate", "issued"),
)
_TOKENS = ("asked", "found", "started", "registered", "stored", "activated", "replaced", "revoked")

TYPES: Mapping[Topic, Mapping[str, str]] = {
    Topic.CERTIFICATES: {
        "certificate_requested": "certificate.delivered",
        "certificate_imported": "certificate.imported",
        "certificates_imported": "import.taken_in",
        "certificate_recorded": "certificate.recorded",
        "certificate_recognised": "certificate.recognised",
        "certificate_found_good": "certificate.good",
        "certificate_found_revoked": "certificate.revoked",
        "certificate_found_on_hold": "certificate.suspended",
        "certificate_hold_lifted": "certificate.resumed",
        "installation_found": "certificate.installation_found",
        "installation_gone": "certificate.installation_gone",
        "login_proven": "certificate.login_proven",
        "login_not_proven": "certificate.login_not_proven",
        "renewal_asked": "certificate.renewal_asked",
        "switch_confirmed": "certificate.switched",
    },
    Topic.ENDS: {ENDING: "certificate.ending", ENDED: "certificate.ended"},
    Topic.REQUESTS: {
        **{f"request_{step}": f"request.{step}" for step in _REQUESTING},
        **{f"foreign_{step}": f"foreign_request.{step}" for step in _FOREIGN},
    },
    Topic.REVOCATIONS: {f"revocation_{step}": f"revocation.{step}" for step in _REVOKING},
    Topic.TOKENS: {f"token_{step}": f"token.{step}" for step in _TOKENS},
    Topic.MANDATES: {"mandate_given": "mandate.given", "mandate_withdrawn": "mandate.withdrawn"},
    Topic.PEOPLE: {
        "person_added": "person.added",
        "person_left": "person.left",
        "person_returned": "person.returned",
        "role_given": "role.given",
        "role_taken": "role.taken",
        "device_linked": "workstation.linked",
        "device_unlinked": "workstation.unlinked",
        "device_withdrawn": "workstation.withdrawn",
    },
}
"""By topic: the action of the record, and the type of the message that tells it."""
TYPE_OF = {TEST: "webhook.test", **{action: type_ for of in TYPES.values() for action, type_ in of.items()}}

TOLD = frozenset(
    {"environment", "application_id", "fingerprint", "codes", "source", "step", "days_left", "ends_at"}
    | {"revocation_reason", "government_status", "role", "starts_on", "ends_on", "withdrawn_on", "left_on"}
    | {"new", "known", "refused", "format", "number", "certificate"}
)
"""The details of an event that leave."""

PAUSES = (
    timedelta(seconds=10),
    timedelta(minutes=1),
    timedelta(minutes=5),
    timedelta(minutes=30),
    timedelta(hours=2),
    timedelta(hours=5),
    timedelta(hours=10),
    timedelta(hours=14),
    timedelta(hours=20),
    timedelta(hours=24),
)
"""How long a message waits that was not taken; after the last try it is given up, three days after the first."""
STOPS_AFTER = timedelta(days=3)
"""A webhook that took nothing for so long is stopped, and its administrators are told."""
BOTH_SIGN = timedelta(days=1)
"""How long the former secret signs beside the new one."""
GONE = 410
"""The status by which a receiver says that it wants nothing more (RFC 9110 15.5.11)."""


def actions_of(topics: Iterable[str]) -> list[str]:
    """Return the actions of the record that belong to `topics`, in one order."""
    return sorted(action for topic in topics for action in TYPES[Topic(topic)])


def told_of(details: Mapping[str, object]) -> dict[str, object]:
    """Return what leaves of the details of an event."""
    return {name: value for name, value in details.items() if name in TOLD}
