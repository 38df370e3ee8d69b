"""The shape of one entry: codes, meaning, remedy, and whom to turn to."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum

from django.utils.translation import gettext_lazy as _

from organisations.web.words import Text

_NEGATION = re.compile(r"(?<![A-Z])(?:NO|NOT|NON|NONE|NEVER|WITHOUT|CANNOT|FALSE)(?![A-Z])")
_QUOTES = re.compile('["“”„«»]')


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
    Caller.CONTACT_CENTRE: _(
        "The eHealth contact centre, 02 788 51 55 or support@ehealth.fgov.be (working days, 7 to 20 h)"
    ),
    Caller.SUPPLIER: _("The supplier of this software"),
}


@dataclass(frozen=True)
class Entry:
    """What one code (or several that mean the same) says, and what to do.

    `published` is False for codes of our sandbox, whose counterpart on the platform is not known. `messages` are what
    software shows instead of a code. By `fragments` and `states` of its name a code that nobody described is read: a
    fragment names a subject, or bears its own "not"; a state is turned into its opposite by a "no" or "not" elsewhere
    in the name, and then does not count. Where there are words `beside`, a state counts only with one of them.
    """

    group: Group
    codes: tuple[str, ...]
    meaning: Text
    remedy: Text
    caller: Caller
    published: bool = False
    fragments: tuple[str, ...] = ()
    states: tuple[str, ...] = ()
    beside: tuple[str, ...] = ()
    messages: tuple[str, ...] = ()

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
        parts = (*self.codes, *self.messages, str(self.meaning), str(self.remedy), self.turn_to)
        return plain(" ".join(parts))

    def fragments_in(self, name: str) -> Iterator[str]:
        """Yield the fragments and states that stand in `name` from the beginning of one of its words."""
        for one in self.fragments:
            if _begins(one, name):
                yield one
        if self.beside and not any(_begins(word, name) for word in self.beside):
            return
        for one in self.states:
            found = _begins(one, name)
            if found and not _NEGATION.search(f"{name[: found.start()]}_{name[found.end() :]}"):
                yield one


def plain(text: str) -> str:
    """Return text as a search compares it: small letters, straight apostrophes, no quotation marks."""
    return _QUOTES.sub("", text.replace("\N{RIGHT SINGLE QUOTATION MARK}", "'").casefold())


def _begins(words: str, name: str) -> re.Match[str] | None:
    return re.search(rf"(?<![A-Z]){re.escape(words)}", name)
