"""Single values of an answer that the schema accepted: what XML Schema allows and we cannot use is refused here.

All raise Unreadable; the caller knows whether that means asking again or an unknown outcome.
"""

import re
from datetime import MAXYEAR, MINYEAR, datetime

from lxml import etree

from agent.wire.days import BRUSSELS
from agent.wire.encoding import from_base64
from agent.wire.jobs import ContactData, Identifier
from agent.wire.limits import MAX_NAME_CHARACTERS
from agent.wire.pki.moments import within
from agent.wire.pki.names import IDENTIFIER_TYPE
from certificates.certra.answers import NAMES
from certificates.certra.facts import Names

LANGUAGE = "{http://www.w3.org/XML/1998/namespace}lang"
LANGUAGE_TAG = re.compile(r"[A-Za-z]{2,3}(-[A-Za-z0-9]{2,8})*\Z")


class Unreadable(ValueError):
    """A valid answer with a value that cannot be used."""


def text_of(element: etree._Element, path: str) -> str:
    """Return the text at `path` without the white space around it; empty where there is none."""
    return (element.findtext(path, "", NAMES)).strip()


def maybe_text(element: etree._Element, path: str) -> str | None:
    """Return the text at `path`, None where the element is absent or empty."""
    return text_of(element, path) or None


def texts_of(element: etree._Element, path: str) -> tuple[str, ...]:
    """Return all texts at `path`, without empty ones."""
    return tuple(text for one in element.iterfind(path, NAMES) if (text := (one.text or "").strip()))


def part_of(element: etree._Element, path: str) -> etree._Element:
    """Return the element at `path`."""
    found = element.find(path, NAMES)
    if found is None:
        raise Unreadable(f"{path} is missing")
    return found


def flag_of(element: etree._Element, path: str) -> bool:
    """Return an xs:boolean."""
    return text_of(element, path) in {"true", "1"}


def moment_of(element: etree._Element, path: str) -> datetime:
    """Return an xs:dateTime; one without a zone is read as Belgian time (inferred: the schema leaves it open)."""
    moment = _written(element, path)
    if not MINYEAR < moment.year < MAXYEAR:  # a zone or a pause would move it out of what can be kept
        raise Unreadable(f"{path} is no moment that can be used")
    return moment


def validity_of(element: etree._Element, path: str) -> datetime:
    """Return a certificate's begin or end, within the one range of dates: "no end" is the same here as everywhere."""
    return within(_written(element, path))


def _written(element: etree._Element, path: str) -> datetime:
    try:
        moment = datetime.fromisoformat(text_of(element, path))
    except ValueError:  # the year -5, the year 20260, 24:00:00
        raise Unreadable(f"{path} is no moment that can be used") from None
    return moment if moment.tzinfo else moment.replace(tzinfo=BRUSSELS)


def maybe_moment(element: etree._Element, path: str) -> datetime | None:
    """Return an xs:dateTime, None where the element is absent."""
    return None if element.find(path, NAMES) is None else moment_of(element, path)


def bytes_of(element: etree._Element, path: str) -> bytes:
    """Return an xs:base64Binary that holds something; lines may be folded."""
    try:
        data = from_base64("".join((part_of(element, path).text or "").split()))
    except ValueError:
        raise Unreadable(f"{path} is not base64") from None
    if not data:
        raise Unreadable(f"{path} is empty")
    return data


def key_identifier_of(element: etree._Element, path: str) -> str:
    """Return a PublicKeyIdentifier in small letters."""
    found = text_of(element, path).lower()
    if not found:
        raise Unreadable(f"{path} is missing")
    return found


def identifier_of(element: etree._Element) -> Identifier:
    """Return a commons:IdType; its type must be one that can stand in a certificate's name."""
    kind, value = element.get("Type", "").strip(), (element.text or "").strip()
    if not IDENTIFIER_TYPE.match(kind) or not value or len(value) > MAX_NAME_CHARACTERS:
        raise Unreadable("an identifier that cannot be read")
    return Identifier(kind, value)


def names_of(element: etree._Element, path: str) -> Names:
    """Return a certra:TextType: one name in several languages."""
    values = tuple(
        (value.get(LANGUAGE, "").strip(), (value.text or "").strip())
        for value in element.iterfind(f"{path}/c:Value", NAMES)
    )
    if not values or not all(LANGUAGE_TAG.match(lang) for lang, _ in values):
        raise Unreadable(f"{path} has no language or no text")
    return Names(values)


def contact_of(element: etree._Element, path: str) -> ContactData:
    """Return a certra:ContactDataType as the register holds it."""
    contact = part_of(element, path)
    return ContactData(
        email_private=text_of(contact, "c:EmailPrivate"),
        email_general=maybe_text(contact, "c:EmailGeneral"),
        phone_private=text_of(contact, "c:PhonePrivate"),
        phone_general=maybe_text(contact, "c:PhoneGeneral"),
    )
