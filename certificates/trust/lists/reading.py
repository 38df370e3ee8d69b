"""What a trusted list says, read from the bytes that were verified alone (ETSI TS 119 612 5.3 to 5.6)."""

import base64
import binascii
import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import lru_cache

from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from lxml import etree

from agent.wire.errors import MalformedXml
from agent.wire.pki.unreadable import UNREADABLE
from agent.wire.xml.safe import parse_xml
from certificates.domain.trusted import Refusal, ServiceKind, service_kind, status_of
from certificates.trust.lists.refused import ListRefused
from certificates.trust.lists.signature import MOST_BYTES, MOST_ELEMENTS, ROOT, TSL

_SPACES = {"t": TSL}
_UNREAD: tuple[type[BaseException], ...] = (binascii.Error, *UNREADABLE)
XML_LANG = "{http://www.w3.org/XML/1998/namespace}lang"
MOST_SERVICES, LONGEST_TEXT = 20_000, 300
VERSIONS = range(3, 7)
"""TSLVersionIdentifier: 5 of today, 6 since TS 119 612 v2.3.1, and those before."""
SEQUENCE_END = 2**31


@dataclass(frozen=True)
class Since:
    """A status and the moment from which it holds."""

    status: str
    since: datetime


@dataclass(frozen=True)
class ListedService:
    """One service: a key, what it is for, and how it stands and stood."""

    type: str
    """The whole address of the type."""
    key: str
    """SHA-256 of the public key, hex; where only a key identifier stands there, `ski:` and that."""
    name: str
    provider: str
    certificates: tuple[bytes, ...]
    current: Since
    history: tuple[Since, ...]
    """The newest first."""
    extensions: str
    """Digest of what stands in its extensions."""

    @property
    def kind(self) -> ServiceKind | None:
        """What it is; None for a type that is shown only."""
        return service_kind(self.type)

    def status_at(self, moment: datetime) -> str:
        """Return the status that holds at a moment; empty before the first one."""
        if self.current.since <= moment:
            return self.current.status
        return next((one.status for one in self.history if one.since <= moment), "")


@dataclass(frozen=True)
class TrustedList:
    """One version of a list."""

    sequence: int
    scheme: str
    operator: str
    territory: str
    issued_at: datetime
    next_update: datetime | None
    """None closes the list for good."""
    services: tuple[ListedService, ...]


@lru_cache(maxsize=24)
def read_list(data: bytes) -> TrustedList:
    """Read a list from the bytes that `signature.verify` found signed. Raises ListRefused."""
    try:
        # The canonical form declares a namespace wherever it is used first on the way down.
        root = parse_xml(data, limit=2 * MOST_BYTES, elements=MOST_ELEMENTS, namespaces=2 * MOST_ELEMENTS)
    except MalformedXml as error:
        raise ListRefused(Refusal.MALFORMED, str(error)) from None
    scheme = root.find("t:SchemeInformation", _SPACES)
    if root.tag != ROOT or scheme is None:
        raise ListRefused(Refusal.SHAPE, "the scheme is not described")
    if _number(scheme, "t:TSLVersionIdentifier") not in VERSIONS:
        raise ListRefused(Refusal.SHAPE, "a version of the standard that is not read")
    update = scheme.find("t:NextUpdate", _SPACES)
    if update is None:
        raise ListRefused(Refusal.SHAPE, "the list does not say when the next one comes")
    stated = update.find("t:dateTime", _SPACES)
    return TrustedList(
        _number(scheme, "t:TSLSequenceNumber"),
        _named(scheme, "t:SchemeName"),
        _named(scheme, "t:SchemeOperatorName"),
        _text(scheme, "t:SchemeTerritory"),
        _moment(_text(scheme, "t:ListIssueDateTime")),
        None if stated is None else _moment(_string(stated)),
        tuple(_services(root)),
    )


def _services(root: etree._Element) -> Iterator[ListedService]:
    seen: set[tuple[str, str]] = set()
    for provider in root.iterfind("t:TrustServiceProviderList/t:TrustServiceProvider", _SPACES):
        of = _named(provider, "t:TSPInformation/t:TSPName")
        for service in provider.iterfind("t:TSPServices/t:TSPService", _SPACES):
            found = _service(service, of)
            if (found.type, found.key) in seen:
                raise ListRefused(Refusal.SHAPE, "a service stands there twice")
            seen.add((found.type, found.key))
            if len(seen) > MOST_SERVICES:
                raise ListRefused(Refusal.SHAPE, "too many services")
            yield found


def _service(service: etree._Element, provider: str) -> ListedService:
    information = service.find("t:ServiceInformation", _SPACES)
    if information is None:
        raise ListRefused(Refusal.SHAPE, "a service is not described")
    certificates, key = _identity(information)
    former = service.iterfind("t:ServiceHistory/t:ServiceHistoryInstance", _SPACES)
    extensions = information.find("t:ServiceInformationExtensions", _SPACES)
    told = b"" if extensions is None else etree.tostring(extensions, method="c14n", exclusive=True)
    return ListedService(
        _text(information, "t:ServiceTypeIdentifier"),
        key,
        _named(information, "t:ServiceName"),
        provider,
        certificates,
        _since(information),
        tuple(sorted((_since(one) for one in former), key=lambda one: one.since, reverse=True)),
        hashlib.sha256(told).hexdigest() if told else "",
    )


def _identity(information: etree._Element) -> tuple[tuple[bytes, ...], str]:
    """Return the certificates of a service, all of one key, and that key."""
    ders: list[bytes] = []
    keys: set[str] = set()
    path = "t:ServiceDigitalIdentity/t:DigitalId/t:X509Certificate"
    for one in information.iterfind(path, _SPACES):
        try:
            der = base64.b64decode("".join(_string(one).split()), validate=True)
            public = x509.load_der_x509_certificate(der).public_key()
            encoded = public.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
        except _UNREAD:
            raise ListRefused(Refusal.SHAPE, "a certificate of the list cannot be read") from None
        keys.add(hashlib.sha256(encoded).hexdigest())
        if der not in ders:
            ders.append(der)
    if len(keys) > 1:
        raise ListRefused(Refusal.SHAPE, "one service with several keys")
    if keys:
        return tuple(ders), keys.pop()
    named = information.find("t:ServiceDigitalIdentity/t:DigitalId/t:X509SKI", _SPACES)
    try:
        identifier = (
            b"" if named is None else base64.b64decode("".join(_string(named).split()), validate=True)
        )
    except binascii.Error:
        identifier = b""
    if identifier:
        return (), f"ski:{identifier[:64].hex()}"
    name = _text(information, "t:ServiceDigitalIdentity/t:DigitalId/t:X509SubjectName", required=False)
    return (), f"name:{hashlib.sha256(name.encode()).hexdigest()}"


def _since(element: etree._Element) -> Since:
    return Since(
        status_of(_text(element, "t:ServiceStatus")), _moment(_text(element, "t:StatusStartingTime"))
    )


def _string(element: etree._Element) -> str:
    return str(element.xpath("string()")).strip()


def _text(element: etree._Element, path: str, *, required: bool = True) -> str:
    found = element.findall(path, _SPACES)
    if len(found) > 1 or (required and not found):
        raise ListRefused(Refusal.SHAPE, f"{path.removeprefix('t:')} stands there {len(found)} times")
    return _string(found[0])[:2000] if found else ""


def _named(element: etree._Element, path: str) -> str:
    """Return a name in English where there is one, else the first."""
    names = element.findall(f"{path}/t:Name", _SPACES)
    english = [one for one in names if str(one.get(XML_LANG, "")).lower().startswith("en")]
    return _string((english or names)[0])[:LONGEST_TEXT] if names else ""


def _number(element: etree._Element, path: str) -> int:
    text = _text(element, path)
    if not text.isascii() or not text.isdigit() or not 0 < len(text) < 11 or int(text) >= SEQUENCE_END:
        raise ListRefused(Refusal.SHAPE, f"{path.removeprefix('t:')} is no number")
    return int(text)


def _moment(text: str) -> datetime:
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        raise ListRefused(Refusal.SHAPE, "a moment cannot be read") from None
    if not 1900 < moment.year < 9000:
        raise ListRefused(Refusal.SHAPE, "a moment cannot be read")
    return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)
