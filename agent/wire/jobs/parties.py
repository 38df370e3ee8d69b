"""Who a job is about: identifiers, persons, organisations."""

from dataclasses import dataclass
from typing import Literal

from agent.wire.errors import JobMalformed
from agent.wire.pki.names import IDENTIFIER_TYPE
from agent.wire.strict_json import Fields

Environment = Literal["production", "acceptance"]
Json = dict[str, object]

_IDENTIFIER = frozenset({"type", "value"})
_SIGNER = frozenset({"ids", "first_names", "name"})
_ORGANISATION = frozenset({"name", "identifier"})


@dataclass(frozen=True)
class Identifier:
    """An identifier and its type in `etk_type` spelling (commons:IdType)."""

    type: str
    value: str

    @classmethod
    def from_json(cls, value: object) -> "Identifier":
        """Read it strictly; raises JobMalformed."""
        fields = Fields(value, _IDENTIFIER)
        kind = fields.text("type")
        if not IDENTIFIER_TYPE.match(kind):
            raise JobMalformed("not an identifier type")
        return cls(kind, fields.text("value"))

    def to_json(self) -> Json:
        """Return the JSON object that `from_json` reads."""
        return {"type": self.type, "value": self.value}


@dataclass(frozen=True)
class Signer:
    """The person whose eID it is (commons:ActorType); names exactly as on the card."""

    ids: tuple[Identifier, ...]
    first_names: tuple[str, ...]
    name: str

    @classmethod
    def from_json(cls, value: object) -> "Signer":
        """Read it strictly; raises JobMalformed."""
        fields = Fields(value, _SIGNER)
        ids = fields.each("ids", Identifier.from_json, least=1)
        return cls(ids, fields.texts("first_names"), fields.text("name"))

    def to_json(self) -> Json:
        """Return the JSON object that `from_json` reads."""
        ids = [identifier.to_json() for identifier in self.ids]
        return {"ids": ids, "first_names": list(self.first_names), "name": self.name}


@dataclass(frozen=True)
class Organisation:
    """Whose certificate it is or will be."""

    name: str
    identifier: Identifier

    @classmethod
    def from_json(cls, value: object) -> "Organisation":
        """Read it strictly; raises JobMalformed."""
        fields = Fields(value, _ORGANISATION)
        return cls(fields.text("name"), Identifier.from_json(fields.raw("identifier")))

    def to_json(self) -> Json:
        """Return the JSON object that `from_json` reads."""
        return {"name": self.name, "identifier": self.identifier.to_json()}
