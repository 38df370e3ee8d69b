"""Distinguished names of eHealth certificates: made, written, and compared by meaning."""

import json
import re
import unicodedata
from dataclasses import dataclass

from cryptography import x509
from cryptography.x509.oid import NameOID

SHORT = {
    NameOID.COUNTRY_NAME: "C",
    NameOID.ORGANIZATION_NAME: "O",
    NameOID.ORGANIZATIONAL_UNIT_NAME: "OU",
    NameOID.COMMON_NAME: "CN",
    NameOID.SERIAL_NUMBER: "SERIALNUMBER",
}
APPLICATION_ID = re.compile(r"[0-9A-Z_-]{1,30}")


def plain(text: str) -> str:
    """Upper case without diacritics, the way names and ApplicationIds stand in a certificate."""
    decomposed = unicodedata.normalize("NFD", text.upper())
    return "".join(c for c in decomposed if not unicodedata.combining(c))


@dataclass(frozen=True)
class Subject:
    """Whose certificate: identifier, name; first names of a person; ApplicationId, if any, of an organisation."""

    identifier_type: str
    identifier: str
    name: str
    application_id: str | None = None
    first_names: tuple[str, ...] = ()
    surname_first: bool = False
    """How a certificate bears the name: the platform's own software puts the surname first where there is no card."""

    @property
    def full_name(self) -> str:
        """First names, then the name, as people say it."""
        return " ".join([*self.first_names, self.name])

    @property
    def written_name(self) -> str:
        """The name in the order in which the certificate bears it."""
        return " ".join([self.name, *self.first_names]) if self.surname_first else self.full_name

    def x509(self) -> x509.Name:
        """The name in DER order: from the country down to the common name."""
        number = f"{self.identifier_type}={self.identifier}"
        common_name = f"{number}, {self.application_id}" if self.application_id else number
        units = [self.application_id] if self.application_id else []
        units += [number, plain(self.written_name), "eHealth-platform Belgium"]
        return x509.Name(
            [
                x509.NameAttribute(NameOID.COUNTRY_NAME, "BE"),
                x509.NameAttribute(NameOID.ORGANIZATION_NAME, "Federal Government"),
                *(x509.NameAttribute(NameOID.ORGANIZATIONAL_UNIT_NAME, unit) for unit in units),
                x509.NameAttribute(NameOID.COMMON_NAME, common_name),
            ]
        )


def rfc4514(name: x509.Name) -> str:
    """The string form (RFC 4514): last attribute first, `=` escaped inside values as the platform does."""
    parts = []
    for attribute in reversed(list(name)):
        label = SHORT.get(attribute.oid, attribute.oid.dotted_string)
        parts.append(f"{label}={_escape(_text(attribute))}")
    return ",".join(parts)


def meaning(name: x509.Name) -> str:
    """A key that is equal exactly when two names mean the same, whichever string type or escape they use."""
    pairs = [[a.oid.dotted_string, " ".join(_text(a).replace("\\", "").split())] for a in name]
    return json.dumps(pairs, ensure_ascii=False)


def _text(attribute: x509.NameAttribute[str | bytes]) -> str:
    value = attribute.value
    return value if isinstance(value, str) else value.decode("utf-8", "replace")


def _escape(value: str) -> str:
    escaped = re.sub(r'([\\",+;<>=])', r"\\\1", value)
    if escaped.startswith(("#", " ")):
        escaped = "\\" + escaped
    if escaped.endswith(" "):
        escaped = escaped[:-1] + "\\ "
    return escaped
