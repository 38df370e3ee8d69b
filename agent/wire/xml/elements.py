"""Elements of the signed requests: written so that no parser changes them, read so that nothing hides in them.

Texts survive byte for byte: what a parser would normalise (carriage returns, tabs in attributes) goes out as
character references.
"""

from collections.abc import Iterator

from lxml import etree

from agent.wire.encoding import from_base64
from agent.wire.errors import MalformedXml
from agent.wire.strict_json import is_xml_text

CERTRA = "urn:be:fgov:ehealth:certra:protocol:v2"
ETKRA = "urn:be:fgov:ehealth:etkra:protocol:v2"
CORE = "urn:be:fgov:ehealth:certra:core:v2"
COMMONS = "urn:be:fgov:ehealth:commons:core:v2"
DSIG = "http://www.w3.org/2000/09/xmldsig#"
LANG = "{http://www.w3.org/XML/1998/namespace}lang"
_TEXT_ESCAPES = str.maketrans({"&": "&amp;", "<": "&lt;", ">": "&gt;", "\r": "&#13;"})
_ATTRIBUTE_ESCAPES = {**_TEXT_ESCAPES, ord('"'): "&quot;", ord("\t"): "&#9;", ord("\n"): "&#10;"}


def element(tag: str, text: str, attribute: str = "", value: str = "") -> str:
    """An element with text and at most one attribute. Raises MalformedXml for what XML 1.0 cannot carry."""
    if not is_xml_text(text) or not is_xml_text(value):
        raise MalformedXml("a text holds a character that XML 1.0 cannot carry")
    extra = f' {attribute}="{value.translate(_ATTRIBUTE_ESCAPES)}"' if attribute else ""
    return f"<{tag}{extra}>{text.translate(_TEXT_ESCAPES)}</{tag}>"


class Children:
    """Walks the children of one element in the schema's order, refusing whatever else stands there."""

    def __init__(self, parent: etree._Element, attributes: frozenset[str] = frozenset()) -> None:
        if set(parent.attrib) != attributes:
            raise MalformedXml("an attribute too many or too few")
        texts = [parent.text, *(child.tail for child in parent)]
        if any(text and text.strip(" \t\r\n") for text in texts):
            raise MalformedXml("text between elements")
        self._left = list(parent)

    def one(self, namespace: str, name: str) -> etree._Element:
        """The next child, which must be this one."""
        found = self.maybe(namespace, name)
        if found is None:
            raise MalformedXml(f"{name} is missing or out of place")
        return found

    def maybe(self, namespace: str, name: str) -> etree._Element | None:
        """The next child, if it is this one."""
        if self._left and self._left[0].tag == f"{{{namespace}}}{name}":
            return self._left.pop(0)
        return None

    def many(self, namespace: str, name: str) -> Iterator[etree._Element]:
        """All children of this name that come next."""
        while (found := self.maybe(namespace, name)) is not None:
            yield found

    def end(self) -> None:
        """Nothing may be left."""
        if self._left:
            raise MalformedXml("an element or comment that does not belong there")


def text_of(found: etree._Element, attributes: frozenset[str] = frozenset()) -> str:
    """The text of an element that holds nothing else. Raises MalformedXml."""
    if len(found) or set(found.attrib) != attributes:
        raise MalformedXml("a text element holds more than text")
    return found.text or ""


def maybe_text(found: etree._Element | None) -> str | None:
    """The same, or None where there is no element."""
    return None if found is None else text_of(found)


def bytes_of(found: etree._Element, *, limit: int) -> bytes:
    """The bytes of an element in canonical base64, at least one and at most `limit`. Raises MalformedXml."""
    name = etree.QName(found).localname
    try:
        data = from_base64(text_of(found))
    except ValueError:
        raise MalformedXml(f"{name} is not base64") from None
    if not data or len(data) > limit:
        raise MalformedXml(f"{name} is empty or too large")
    return data
