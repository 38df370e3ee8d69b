"""The parts of CertRA's core schema that several requests hold: persons, contact data, contract texts."""

from collections.abc import Iterator

from lxml import etree

from agent.wire.errors import MalformedXml
from agent.wire.jobs import ContactData, Identifier, LocalisedText, Signer
from agent.wire.xml.elements import COMMONS, CORE, LANG, Children, element, maybe_text, text_of

_TYPE = frozenset({"Type"})


def write_contact(contact: ContactData) -> Iterator[str]:
    """certra:ContactData. Raises MalformedXml."""
    yield "<certra:ContactData>"
    yield element("certra:EmailPrivate", contact.email_private)
    if contact.email_general is not None:
        yield element("certra:EmailGeneral", contact.email_general)
    yield element("certra:PhonePrivate", contact.phone_private)
    if contact.phone_general is not None:
        yield element("certra:PhoneGeneral", contact.phone_general)
    yield "</certra:ContactData>"


def read_contact(found: etree._Element) -> ContactData:
    """The inverse of `write_contact`. Raises MalformedXml."""
    children = Children(found)
    contact = ContactData(
        email_private=text_of(children.one(CORE, "EmailPrivate")),
        email_general=maybe_text(children.maybe(CORE, "EmailGeneral")),
        phone_private=text_of(children.one(CORE, "PhonePrivate")),
        phone_general=maybe_text(children.maybe(CORE, "PhoneGeneral")),
    )
    children.end()
    return contact


def write_signer(signer: Signer) -> Iterator[str]:
    """certra:Signer. Raises MalformedXml."""
    yield "<certra:Signer>"
    for identifier in signer.ids:
        yield element("commons:Id", identifier.value, "Type", identifier.type)
    for first_name in signer.first_names:
        yield element("commons:FirstName", first_name)
    yield f"{element('commons:Name', signer.name)}</certra:Signer>"


def read_signer(found: etree._Element) -> Signer:
    """The inverse of `write_signer`. Raises MalformedXml."""
    children = Children(found)
    ids = tuple(read_identifier(one) for one in children.many(COMMONS, "Id"))
    first_names = tuple(text_of(name) for name in children.many(COMMONS, "FirstName"))
    name = text_of(children.one(COMMONS, "Name"))
    children.end()
    if not ids:
        raise MalformedXml("a signer without an identifier")
    return Signer(ids, first_names, name)


def read_identifier(found: etree._Element) -> Identifier:
    """An element of commons:IdType. Raises MalformedXml."""
    return Identifier(found.get("Type", ""), text_of(found, _TYPE))


def write_texts(texts: tuple[LocalisedText, ...]) -> Iterator[str]:
    """certra:Text, each language as it was received. Raises MalformedXml."""
    yield "<certra:Text>"
    for text in texts:
        yield element("certra:Value", text.html, "xml:lang", text.lang)
    yield "</certra:Text>"


def read_texts(found: etree._Element) -> tuple[LocalisedText, ...]:
    """The inverse of `write_texts`. Raises MalformedXml."""
    values = Children(found)
    lang = frozenset({LANG})
    texts = tuple(LocalisedText(v.get(LANG, ""), text_of(v, lang)) for v in values.many(CORE, "Value"))
    values.end()
    if not texts:
        raise MalformedXml("a contract without text")
    return texts
