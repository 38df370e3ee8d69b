"""The shape of one entry: codes, meaning, remedy, and whom to turn to."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum

from django.utils.translation import gettext_lazy as _

from organisations.web.words import Text


class Group(StrEnum):
    """Where in the conversation a code belongs."""

    TRANSPORT = "transport"
    SIGNING = "signing"
    REQUESTS = "requests"
    TOKENS = "tokens"
    DEPOT = "depot"

    @property
    def heading(self) -> str:
        """The heading over its entries."""
        return str(GROUPS[self])


GROUPS: dict[Group, Text] = {
    Group.TRANSPORT: _("Transport (SOA codes)"),
    Group.SIGNING: _("Signature and identity card"),
    Group.REQUESTS: _("Requests and certificates (CertRA)"),
    Group.TOKENS: _("Encryption tokens (EtkRA)"),
    Group.DEPOT: _("Depot of encryption tokens (ETKDepot)"),
}


class Caller(StrEnum):
    """Whom to turn to."""

    NOBODY = "nobody"
    HOLDER = "holder"
    ADMINISTRATOR = "administrator"
    MUNICIPALITY = "municipality"
    CONTACT_CENTRE = "contact_centre"
    SUPPLIER = "supplier"


CALLERS: dict[Caller, Text] = {
    Caller.NOBODY: _("Nobody needs to be called"),
    Caller.HOLDER: _("The certificate holder"),
    Caller.ADMINISTRATOR: _("Your administrator"),
    Caller.MUNICIPALITY: _("The municipality of the card's holder"),
    Caller.CONTACT_CENTRE: _("The eHealth contact centre"),
    Caller.SUPPLIER: _("The supplier of this software"),
}


@dataclass(frozen=True)
class Entry:
    """What one code (or several that mean the same) says, and what to do.

    `published` is False for codes of our sandbox, whose counterpart on the platform is not known. `fragments` are the
    parts of a name by which a code that nobody described is read.
    """

    group: Group
    codes: tuple[str, ...]
    meaning: Text
    remedy: Text
    caller: Caller
    published: bool = False
    fragments: tuple[str, ...] = ()

    @property
    def turn_to(self) -> str:
        """Whom to turn to, in the active language."""
        return str(CALLERS[self.caller])

    @property
    def needs_somebody(self) -> bool:
        """False where waiting is enough, or nothing is left to do."""
        return self.caller is not Caller.NOBODY

    @property
    def text(self) -> str:
        """Everything that a search looks through, in the active language, in small letters."""
        return " ".join((*self.codes, str(self.meaning), str(self.remedy), self.turn_to)).casefold()

    def fragments_in(self, name: str) -> Iterator[str]:
        """Yield the fragments that stand in `name` from the beginning of one of its words."""
        return (one for one in self.fragments if re.search(rf"(?<![A-Z]){re.escape(one)}", name))
