"""Whatever people write into a message, and wherever a message is broken: one verdict from both descriptions."""

import copy

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from lxml import etree

from tests.contract import samples, token_samples
from tests.contract.harms import LANGUAGE, harm
from tests.contract.schemas import WHOSE, verdicts

MESSAGES = samples.VALID | token_samples.VALID
NIL = "{http://www.w3.org/2001/XMLSchema-instance}nil"
# Where the schemas ask for free text: whatever stands there, the message stays valid.
FREE = frozenset(
    {"FirstName", "Name", "DN", "IssuerDN", "EmailPrivate", "EmailGeneral", "PhonePrivate", "PhoneGeneral"}
    | {"StatusMessage", "Message", "Code", "Value", "ApplicationId", "ApplicationID", "Type"}
    | {"BaseServiceUsage", "ValidationRegEx", "CheckDigitAlgorithm", "AvailableBaseService", "Id"}
)
# All that XML 1.0 can carry (2.2); carriage returns are changed by every parser and say nothing here.
XML_TEXT = st.characters(
    exclude_categories=["Cs", "Cc"], exclude_characters="\ufffe\uffff", include_characters="\t\n"
)
ODD_NAMES = st.sampled_from(
    [
        "Zoë D'Hooghe-O’Brien",
        "Łukasz Żółć",
        "Ngô Thị Ánh",
        "e\u0301lodie",
        "\u202eecnerP",
        "Ω𝔘𝔫𝔦𝔠𝔬𝔡𝔢",
        "]]>&amp;<!--",
        " ",
        "",
    ]
)
TEXTS = st.one_of(
    ODD_NAMES, st.text(XML_TEXT, max_size=80), st.text(XML_TEXT, min_size=1).map(lambda t: t * 2000)
)
LANGUAGES = st.one_of(
    st.sampled_from(["nl", "fr", "de", "en", "fr-BE", "zh-Hant-TW", "", "x-klingon", "nl_BE", "français", "-", "1"]),
    st.text(st.sampled_from("abcXYZ019-_ "), max_size=12),
)  # fmt: skip
VALUES = st.one_of(
    TEXTS.filter(lambda text: len(text) < 200),
    st.sampled_from(["true", "1", "0", "yes", "AAAA", "AAA", "A A A A", "00" * 20, "2026-02-29T00:00:00Z"]),
    st.sampled_from(["2026-01-01T24:00:00Z", "-1", "SSIN", "urn:x:%", "keyCompromise", "VALID_ACTIVE"]),
)


def agree(message: etree._Element) -> bool:
    """The one verdict of all schemas at hand, over the bytes that would travel."""
    found = set(verdicts(etree.fromstring(etree.tostring(message))).values())
    assert len(found) == 1
    return found.pop()


def free_places(message: etree._Element) -> list[etree._Element]:
    """The elements of a message that hold free text, but for those that are nil."""
    return [
        e for e in message.iter() if etree.QName(e).localname in FREE and not len(e) and NIL not in e.attrib
    ]


@pytest.mark.parametrize("name", MESSAGES)
@settings(max_examples=12, deadline=None)
@given(data=st.data())
def test_free_text_is_free_in_every_message(name: str, data: st.DataObject) -> None:
    message = etree.fromstring(MESSAGES[name])
    for place in free_places(message):
        place.text = data.draw(TEXTS)
    assert agree(message)


TALKATIVE = [name for name, message in MESSAGES.items() if "xml:lang" in message]


@pytest.mark.parametrize("name", TALKATIVE)
@settings(max_examples=25, deadline=None)
@given(languages=st.lists(LANGUAGES, min_size=1, max_size=6), text=TEXTS)
def test_many_languages_get_one_verdict(name: str, languages: list[str], text: str) -> None:
    message = etree.fromstring(MESSAGES[name])
    (first, *_) = [e for e in message.iter() if e.get(LANGUAGE) is not None]
    parent = first.getparent()
    assert parent is not None
    for language in languages:
        another = copy.deepcopy(first)
        another.set(LANGUAGE, language)
        another.text = text
        parent.insert(parent.index(first), another)
    agree(message)


@pytest.mark.parametrize("name", MESSAGES)
@settings(max_examples=40, deadline=None)
@given(data=st.data())
def test_messages_broken_anywhere_get_one_verdict(name: str, data: st.DataObject) -> None:
    message = etree.fromstring(MESSAGES[name])
    for _ in range(data.draw(st.integers(1, 3))):
        harm(message, data, VALUES)
    agree(message)


def test_there_is_somebody_to_agree_with() -> None:
    """Every operation of the three services has its messages here, and the reference is used where it exists."""
    operations = {
        name.partition(" ")[0].removesuffix("Request").removesuffix("Response") for name in MESSAGES
    }
    assert len(operations) == 15
    assert "own" in WHOSE
