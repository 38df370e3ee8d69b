"""For which organisations a workstation works: what the server lists, and what the holder says at the workstation.

`GET /agent/v1/organisations` answers `Organisations`. The yes to one of them is an `Agreement`, the body of
`POST /agent/v1/organisations/ID/agree`: the device proof of that call signs its bytes, which both are kept.
"""

import json
import re
from dataclasses import dataclass
from typing import Final

from agent.wire.errors import JobMalformed
from agent.wire.jobs import Json
from agent.wire.strict_json import Fields, load_object

AGREEMENT: Final = "ehportal/this-workstation-works-for/v1"
MAX_AGREEMENT_BYTES: Final = 8 * 1024
MAX_ORGANISATIONS: Final = 200
_ID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}\Z")
_ORGANISATION = frozenset({"id", "name", "numbers", "account"})
_ORGANISATIONS = frozenset({"agreed", "waiting"})
_AGREEMENT = frozenset({"statement", "organisation"})


@dataclass(frozen=True)
class AskingOrganisation:
    """An organisation that knows the holder, as the holder sees it before saying yes.

    `numbers` are only those for which something outside it vouches; `account` is the one that it says is the
    holder's, empty where there is none.
    """

    id: str
    name: str
    numbers: tuple[str, ...]
    account: str

    @classmethod
    def from_json(cls, value: object) -> "AskingOrganisation":
        """Read it strictly; raises JobMalformed."""
        fields = Fields(value, _ORGANISATION)
        return cls(
            id=fields.matching("id", _ID),
            name=fields.text("name"),
            numbers=fields.texts("numbers", most=MAX_ORGANISATIONS),
            account=fields.text("account", empty=True),
        )

    def to_json(self) -> Json:
        """The JSON object that `from_json` reads."""
        return {
            "id": self.id,
            "name": self.name,
            "numbers": list(self.numbers),
            "account": self.account,
        }


@dataclass(frozen=True)
class Organisations:
    """Those for which the workstation works, and those that wait for the holder's yes; one may stand in both.

    It then says something else of the holder's account than what was agreed.
    """

    agreed: tuple[AskingOrganisation, ...]
    waiting: tuple[AskingOrganisation, ...]

    @classmethod
    def from_json(cls, value: object) -> "Organisations":
        """Read it strictly; raises JobMalformed."""
        fields = Fields(value, _ORGANISATIONS)
        agreed, waiting = (
            fields.each(name, AskingOrganisation.from_json, most=MAX_ORGANISATIONS)
            for name in ("agreed", "waiting")
        )
        return cls(agreed, waiting)

    def to_json(self) -> Json:
        """The JSON object that `from_json` reads."""
        return {
            "agreed": [one.to_json() for one in self.agreed],
            "waiting": [one.to_json() for one in self.waiting],
        }


@dataclass(frozen=True)
class Agreement:
    """The holder's yes to one organisation, as it was shown."""

    organisation: AskingOrganisation

    @classmethod
    def from_bytes(cls, data: bytes) -> "Agreement":
        """Read the bytes that were signed, strictly; raises JobMalformed."""
        fields = Fields(load_object(data, limit=MAX_AGREEMENT_BYTES), _AGREEMENT)
        if fields.text("statement") != AGREEMENT:
            raise JobMalformed("another statement")
        return cls(AskingOrganisation.from_json(fields.raw("organisation")))

    def to_bytes(self) -> bytes:
        """The bytes that are signed."""
        value = {"statement": AGREEMENT, "organisation": self.organisation.to_json()}
        return json.dumps(value, separators=(",", ":"), ensure_ascii=False).encode()
