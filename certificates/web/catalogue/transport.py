"""The SOA codes of the platform's bus: all that it publishes."""

from django.utils.translation import gettext_lazy as _

from certificates.web.catalogue.entry import Caller, Entry, Group
from organisations.web.words import Text


def _soa(*numbers: str, meaning: Text, remedy: Text, caller: Caller, states: tuple[str, ...] = ()) -> Entry:
    codes = tuple(f"SOA-{number}" for number in numbers)
    return Entry(Group.TRANSPORT, codes, meaning, remedy, caller, published=True, states=states)


TRANSPORT: tuple[Entry, ...] = (
    _soa(
        "00001",
        meaning=_("Something broke inside the government's service. Whether it did its work is not known."),
        remedy=_(
            "We ask what became of it and send nothing twice. When it stays for more than a day, report it with the "
            "whole answer."
        ),
        caller=Caller.CONTACT_CENTRE,
    ),
    _soa(
        "01001",
        meaning=_("The platform does not know who is asking: it found no valid proof of identity."),
        remedy=_(
            "Check on the workstation with the doctor of the agent whether card and certificates are in order. When "
            "they are, pass the whole answer on."
        ),
        caller=Caller.SUPPLIER,
    ),
    _soa(
        "01002",
        meaning=_("The platform knows who is asking, but does not allow it."),
        remedy=_(
            "Ask whether your organisation has access to this service, and have the access opened if it has not."
        ),
        caller=Caller.CONTACT_CENTRE,
        states=("ACCESS_DENIED", "ACCESS_REFUSED", "FORBIDDEN"),
    ),
    _soa(
        "02001",
        "02002",
        meaning=_("The government's service is out of order or under maintenance. Nothing was done."),
        remedy=_("We try again by ourselves. Announced maintenance is told on the platform's own pages."),
        caller=Caller.NOBODY,
        states=("UNAVAILABLE", "MAINTENANCE"),
    ),
    _soa(
        "03001",
        meaning=_("The platform could not read the message: it is malformed."),
        remedy=_("This is a mistake of the software or of something on the way. Pass the whole answer on."),
        caller=Caller.SUPPLIER,
        states=("MALFORMED",),
    ),
    _soa(
        "03002",
        "03003",
        meaning=_("What reached the platform is no complete SOAP message."),
        remedy=_(
            "A proxy between this server and the platform may have changed it. Pass the whole answer on."
        ),
        caller=Caller.SUPPLIER,
    ),
    _soa(
        "03004",
        "03005",
        "03006",
        "03007",
        meaning=_("The message is not what this service expects: its parts, its operation or its contents."),
        remedy=_(
            "The service may have changed, or the software has a mistake. Pass the whole answer on; an update may be "
            "needed."
        ),
        caller=Caller.SUPPLIER,
    ),
)
