"""Our description of the three services and the platform's accept and refuse the same messages."""

from collections.abc import Callable

import pytest
from lxml import etree

from tests.contract import samples, token_samples
from tests.contract.schemas import WHOSE, verdicts

Change = Callable[[etree._Element], None]
VALID = samples.VALID | token_samples.VALID
CASES = samples.CASES + token_samples.CASES


def valid(name: str) -> etree._Element:
    """A fresh copy of a valid message."""
    return etree.fromstring(VALID[name])


@pytest.mark.parametrize("name", VALID)
def test_both_accept_a_valid_message(name: str) -> None:
    assert verdicts(valid(name)) == dict.fromkeys(WHOSE, True)


@pytest.mark.parametrize("name", VALID)
def test_both_judge_every_missing_part_alike(name: str) -> None:
    """Leave out each element and each attribute in turn: whatever the verdict is, it is the same."""
    places = len(list(valid(name).iter()))
    refused = 0
    for place in range(1, places):
        message = valid(name)
        victim = list(message.iter())[place]
        parent = victim.getparent()
        assert parent is not None
        parent.remove(victim)
        refused += _agree(message, f"without {victim.tag!s}")
    for place in range(places):
        for attribute in list(valid(name).iter())[place].attrib:
            message = valid(name)
            del list(message.iter())[place].attrib[attribute]
            refused += _agree(message, f"without @{attribute}")
    assert refused > 0


@pytest.mark.parametrize("name", VALID)
def test_both_judge_every_twisted_part_alike(name: str) -> None:
    """Double, rename, fill or decorate each element in turn."""
    twists: list[Change] = [_double, _rename, _other_namespace, _stray_text, _stray_attribute, _empty]
    refused = 0
    for place in range(len(list(valid(name).iter()))):
        for twist in twists:
            message = valid(name)
            twist(list(message.iter())[place])
            refused += _agree(message, f"{twist.__name__} at {place}")
    assert refused > 0


@pytest.mark.parametrize(("verdict", "name", "message"), CASES, ids=[case[1] for case in CASES])
def test_both_give_the_expected_verdict(verdict: bool, name: str, message: str) -> None:
    assert verdicts(etree.fromstring(message)) == dict.fromkeys(WHOSE, verdict)


@pytest.mark.parametrize(
    ("verdict", "name", "detail"), samples.FAULTS, ids=[case[1] for case in samples.FAULTS]
)
def test_both_judge_fault_details_alike(verdict: bool, name: str, detail: str) -> None:
    assert verdicts(etree.fromstring(detail), "errors") == dict.fromkeys(WHOSE, verdict)


def _agree(message: etree._Element, what: str) -> int:
    """Assert one verdict; returns 1 when it was a refusal."""
    text = etree.tostring(message)
    found = set(verdicts(etree.fromstring(text)).values())
    assert len(found) == 1, what
    return 0 if found.pop() else 1


def _double(element: etree._Element) -> None:
    parent = element.getparent()
    if parent is not None:
        parent.insert(parent.index(element), etree.fromstring(etree.tostring(element)))


def _rename(element: etree._Element) -> None:
    namespace = etree.QName(element).namespace
    element.tag = f"{{{namespace}}}Unknown" if namespace else "Unknown"


def _other_namespace(element: etree._Element) -> None:
    element.tag = f"{{urn:example:foreign}}{etree.QName(element).localname}"


def _stray_text(element: etree._Element) -> None:
    element.text = (element.text or "") + "%"


def _stray_attribute(element: etree._Element) -> None:
    element.set("Stray", "1")


def _empty(element: etree._Element) -> None:
    element.text = None
