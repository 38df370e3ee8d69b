"""Tables of the organisations app, one module a subject."""

from organisations.models.account_letter import AccountLetter
from organisations.models.audit import AuditEvent
from organisations.models.bounce import ReturnedMail
from organisations.models.chore import Chore
from organisations.models.circuit import CallTally, Circuit
from organisations.models.credentials.connection import Connection, ConnectionSecret, KeptAnswer
from organisations.models.device import Device, DeviceLink, Enrolment, ProofUse
from organisations.models.feeds.calendar import CalendarFeed
from organisations.models.invitation import Invitation
from organisations.models.membership import Membership
from organisations.models.organisation import Organisation, OrganisationIdentifier
from organisations.models.person import Mandate, Person
from organisations.models.recipient import Correspondent, Reader, Recipient
from organisations.models.reminder import Reminder
from organisations.models.user import User
from organisations.models.webhooks.delivery import Delivery
from organisations.models.webhooks.webhook import Webhook

__all__ = [
    "AccountLetter",
    "AuditEvent",
    "CalendarFeed",
    "CallTally",
    "Chore",
    "Circuit",
    "Connection",
    "ConnectionSecret",
    "Correspondent",
    "Delivery",
    "Device",
    "DeviceLink",
    "Enrolment",
    "Invitation",
    "KeptAnswer",
    "Mandate",
    "Membership",
    "Organisation",
    "OrganisationIdentifier",
    "Person",
    "ProofUse",
    "Reader",
    "Recipient",
    "Reminder",
    "ReturnedMail",
    "User",
    "Webhook",
]
