"""Distinguished names as eHealth certificates bear them, and the file names made from them.

String form is RFC 4514, the reverse of the DER order. An `=` inside a value may come escaped or not, so names
are compared by meaning, never as strings.
"""

import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from cryptography import x509
from cryptography.x509.name import _ASN1Type
from cryptography.x509.oid import NameOID

from agent.wire.errors import NameMalformed
from agent.wire.limits import MAX_DN_CHARACTERS
from agent.wire.pki.file_names import original_file_name

APPLICATION_ID = re.compile(r"[0-9A-Z_-]{1,30}\Z")
"""An ApplicationId: tells several certificates of one organisation apart."""

IDENTIFIER_TYPE = re.compile(r"[A-Z][A-Z0-9_-]{1,30}\Z")
"""An identifier type in its `etk_type` spelling: CBE, SSIN, NIHII-HOSPITAL …"""

_PLATFORM = "eHealth-platform Belgium"
_CERTIFICATE_NAME = re.compile(
    r"(?P<type>[A-Z][A-Z0-9_-]*)=(?P<value>[0-9A-Za-z]+)(, ?(?P<app>[0-9A-Z_-]{1,30}))?\Z"
)
_FILE_NAME = re.compile(
    r"(?P<type>[A-Z][A-Z0-9_-]*)=(?P<value>[0-9A-Za-z]+)(,(?P<app>[0-9A-Z_-]{1,30}))? "
    r"(?P<created>\d{8}-\d{6})\.(?P<suffix>p12|acc-p12)\Z"
)
_PRINTABLE = re.compile(r"[A-Za-z0-9 '()+,\-./:=?]*\Z")
_SPECIAL = '"+,;<>\\='
_OIDS = {
    "CN": NameOID.COMMON_NAME,
    "OU": NameOID.ORGANIZATIONAL_UNIT_NAME,
    "O": NameOID.ORGANIZATION_NAME,
    "C": NameOID.COUNTRY_NAME,
    "L": NameOID.LOCALITY_NAME,
    "ST": NameOID.STATE_OR_PROVINCE_NAME,
    "DC": NameOID.DOMAIN_COMPONENT,
    "SN": NameOID.SURNAME,
    "GIVENNAME": NameOID.GIVEN_NAME,
    "SERIALNUMBER": NameOID.SERIAL_NUMBER,
    "UID": NameOID.USER_ID,
}
_ALIASES = {"SURNAME": "SN", "GN": "GIVENNAME", "S": "ST"}
_KEYWORDS = {oid: keyword for keyword, oid in _OIDS.items()}


@dataclass(frozen=True)
class CertificateName:
    """Whose certificate it is, as its common name says: `TYPE=id[, APPLICATIONID]`."""

    type: str
    value: str
    application_id: str | None

    def __str__(self) -> str:
        return f"{self.type}={self.value}" + (f", {self.application_id}" if self.application_id else "")


@dataclass(frozen=True)
class FileNameFacts:
    """What a key store's file name tells; `created` is as written there, without a time zone."""

    name: CertificateName
    created: datetime
    environment: str


def parse_dn(text: str) -> tuple[tuple[str, str], ...]:
    """Read an RFC 4514 name into (TYPE, value) pairs in DER order (country first).

    Raises NameMalformed; multi-valued RDNs and `#hex` values do not occur in eHealth names and are refused.
    """
    if not text or len(text) > MAX_DN_CHARACTERS:
        raise NameMalformed("an empty or overlong name")
    pairs = [_pair(part) for part in _split(text)]
    return tuple(reversed(pairs))


def _split(text: str) -> Iterator[str]:
    start = index = 0
    while index < len(text):
        if text[index] == "\\":
            index += 2
            continue
        if text[index] in ",;":
            yield text[start:index]
            start = index + 1
        index += 1
    yield text[start:]


def _pair(part: str) -> tuple[str, str]:
    keyword, separator, raw = part.partition("=")
    keyword = keyword.strip(" ").upper()
    keyword = _ALIASES.get(keyword, keyword)
    if not separator or keyword not in _OIDS:
        raise NameMalformed("an attribute type that eHealth names do not hold")
    return keyword, _unescape(raw)


def _unescape(raw: str) -> str:
    raw = raw.lstrip(" ")
    if raw.startswith("#"):
        raise NameMalformed("a value in hexadecimal DER is refused")
    out = bytearray()
    kept = 0  # length up to which trailing spaces were escaped and therefore stay
    index = 0
    while index < len(raw):
        character = raw[index]
        if character == "\\":
            pair = raw[index + 1 : index + 3]
            if len(pair) == 2 and all(c in "0123456789abcdefABCDEF" for c in pair):
                out.append(int(pair, 16))
                index += 3
            elif pair and pair[0] in _SPECIAL + " #":
                out += pair[0].encode()
                index += 2
            else:
                raise NameMalformed("an escape that RFC 4514 does not know")
            kept = len(out)
            continue
        if character in '"+<>\0':
            raise NameMalformed("an unescaped special character")
        out += character.encode("utf-8", "surrogatepass")
        index += 1
    while len(out) > kept and out.endswith(b" "):
        out.pop()
    try:
        value = out.decode("utf-8")
    except UnicodeDecodeError:
        raise NameMalformed("a value that is not UTF-8") from None
    if not value.strip():
        raise NameMalformed("an empty value")
    return value


def format_dn(pairs: tuple[tuple[str, str], ...]) -> str:
    """Write (TYPE, value) pairs, given in DER order, as RFC 4514 with `=` escaped too, as CertRA does."""
    return ",".join(f"{keyword}={_escape(value)}" for keyword, value in reversed(pairs))


def _escape(value: str) -> str:
    text = "".join("\\" + c if c in _SPECIAL else f"\\{ord(c):02X}" if ord(c) < 0x20 else c for c in value)
    if text.startswith((" ", "#")):
        text = "\\" + text
    if len(text) > 1 and text.endswith(" ") and not text.endswith("\\ "):
        text = text[:-1] + "\\ "
    return text


def _comparable(text: str | x509.Name) -> tuple[tuple[str, str], ...]:
    pairs = pairs_of(text) if isinstance(text, x509.Name) else parse_dn(text)
    return tuple(
        (keyword, " ".join(unicodedata.normalize("NFKC", value).casefold().split()))
        for keyword, value in pairs
    )


def same_name(a: str | x509.Name, b: str | x509.Name) -> bool:
    """Whether two names mean the same: caseIgnoreMatch with insignificant spaces (RFC 5280 7.1, RFC 4518).

    Escaping, string type and spelling of the attribute keyword do not matter; the order of the RDNs does.
    Raises NameMalformed.
    """
    return _comparable(a) == _comparable(b)


def same_holder(a: str | x509.Name, b: str | x509.Name) -> bool:
    """Whether two names mean the same, a person's also with the surname first in one and last in the other.

    The platform's own software writes the surname first for care providers without identity card, and the first name
    first for all others. Where surname and first names part is not written, so one order is the other one turned.
    Raises NameMalformed.
    """
    if same_name(a, b):
        return True
    (before_a, name_a, after_a), (before_b, name_b, after_b) = _around_the_name(a), _around_the_name(b)
    if not name_a or (before_a, after_a) != (before_b, after_b) or len(name_a) != len(name_b):
        return False
    return any(name_a[turn:] + name_a[:turn] == name_b for turn in range(1, len(name_a)))


_Pairs = tuple[tuple[str, str], ...]


def _around_the_name(name: str | x509.Name) -> tuple[_Pairs, list[str], _Pairs]:
    """Split a person's name at the unit that holds it: the one before the platform's own; no words for others."""
    pairs = _comparable(name)
    units = [place for place, (keyword, _value) in enumerate(pairs) if keyword == "OU"]
    if certificate_name(name).type != "SSIN" or len(units) < 2 or pairs[units[-1]][1] != _PLATFORM.casefold():
        return pairs, [], ()
    place = units[-2]
    return pairs[:place], pairs[place][1].split(), pairs[place + 1 :]


def name_from_dn(text: str, *, printable: bool = True) -> x509.Name:
    """Make the X.501 name of an RFC 4514 string. C is always a PrintableString (RFC 5280 appendix A.1).

    With `printable`, as the platform's own connector makes its CSRs, other values are PrintableString where
    they can be; without, UTF8String, as the authority issues. Raises NameMalformed.
    """
    attributes = []
    for keyword, value in parse_dn(text):
        as_printable = keyword == "C" or (printable and _PRINTABLE.match(value) is not None)
        kind = _ASN1Type.PrintableString if as_printable else _ASN1Type.UTF8String
        try:
            attributes.append(x509.NameAttribute(_OIDS[keyword], value, kind))
        except ValueError:
            raise NameMalformed("a value that its attribute cannot hold") from None
    return x509.Name(attributes)


def dn_of(name: x509.Name) -> str:
    """The RFC 4514 form of an X.501 name. Raises NameMalformed for attributes eHealth names do not hold."""
    return format_dn(_attributes_of(name))


def pairs_of(name: x509.Name) -> tuple[tuple[str, str], ...]:
    """The (TYPE, value) pairs of an X.501 name in DER order, as `parse_dn` gives them. Raises NameMalformed."""
    pairs = _attributes_of(name)
    if not pairs or sum(len(value) for _keyword, value in pairs) > MAX_DN_CHARACTERS:
        raise NameMalformed("an empty or overlong name")
    if not all(value.strip() for _keyword, value in pairs):
        raise NameMalformed("an empty value")
    return pairs


def _attributes_of(name: x509.Name) -> tuple[tuple[str, str], ...]:
    pairs = []
    for rdn in name.rdns:
        attributes = list(rdn)
        if len(attributes) != 1 or attributes[0].oid not in _KEYWORDS:
            raise NameMalformed("an attribute type that eHealth names do not hold")
        value = attributes[0].value
        pairs.append(
            (_KEYWORDS[attributes[0].oid], value if isinstance(value, str) else value.decode("latin-1"))
        )
    return tuple(pairs)


def normalise_name(text: str) -> str:
    """A name as it stands in a certificate: upper-case, without diacritics (NFD), single spaces."""
    decomposed = unicodedata.normalize("NFD", text.upper())
    return " ".join("".join(c for c in decomposed if not unicodedata.combining(c)).split())


def ehealth_dn(type: str, value: str, name: str, application_id: str | None) -> str:
    """The name of an eHealth certificate (DER: C, O, [OU=app], OU=TYPE=id, OU=NAME, OU=platform, CN)."""
    if not IDENTIFIER_TYPE.match(type) or not value.isalnum():
        raise NameMalformed("an identifier that cannot stand in a name")
    if application_id is not None and not APPLICATION_ID.match(application_id):
        raise NameMalformed("not an ApplicationId")
    identifier = f"{type}={value}"
    pairs = [("C", "BE"), ("O", "Federal Government")]
    if application_id is not None:
        pairs.append(("OU", application_id))
    pairs += [("OU", identifier), ("OU", normalise_name(name)), ("OU", _PLATFORM)]
    pairs.append(("CN", str(CertificateName(type, value, application_id))))
    return format_dn(tuple(pairs))


def certificate_name(dn: str | x509.Name) -> CertificateName:
    """Read whose certificate a name is for out of its one CN. Raises NameMalformed when it does not say."""
    pairs = pairs_of(dn) if isinstance(dn, x509.Name) else parse_dn(dn)
    common = [value for keyword, value in pairs if keyword == "CN"]
    return name_in_common_name(common[0] if len(common) == 1 else "")


def name_in_common_name(text: str) -> CertificateName:
    """Read `TYPE=id[, APPLICATIONID]`. Raises NameMalformed."""
    match = _CERTIFICATE_NAME.match(text)
    if match is None:
        raise NameMalformed("not the common name of an eHealth certificate")
    return CertificateName(match["type"], match["value"], match["app"])


def certificate_file_name(
    type: str, value: str, application_id: str | None, created: datetime, environment: str
) -> str:
    """`TYPE=id[,APPLICATIONID] yyyyMMdd-HHmmss.p12` (`.acc-p12` in acceptance), time as `created` has it."""
    if not IDENTIFIER_TYPE.match(type) or not value.isalnum() or created.tzinfo is None:
        raise NameMalformed("an identifier or a time that cannot stand in a file name")
    if application_id is not None and not APPLICATION_ID.match(application_id):
        raise NameMalformed("not an ApplicationId")
    application = f",{application_id}" if application_id else ""
    suffix = {"production": "p12", "acceptance": "acc-p12"}[environment]
    return f"{type}={value}{application} {created:%Y%m%d-%H%M%S}.{suffix}"


def read_file_name(text: str) -> FileNameFacts | None:
    """What a key store's file name tells, also that of a copy; None when it is not named in the usual way."""
    match = _FILE_NAME.match(original_file_name(text))
    if match is None:
        return None
    try:
        created = datetime.strptime(match["created"], "%Y%m%d-%H%M%S")  # noqa: DTZ007  the name bears no zone
    except ValueError:
        return None
    environment = "production" if match["suffix"] == "p12" else "acceptance"
    return FileNameFacts(CertificateName(match["type"], match["value"], match["app"]), created, environment)
