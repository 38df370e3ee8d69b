"""One person, written surname first or last: the same holder; anybody else is not."""

import pytest

from agent.wire.pki.names import ehealth_dn, name_from_dn, same_holder, same_name

BIS = "85273003371"


def person(name: str, number: str = BIS) -> str:
    return ehealth_dn("SSIN", number, name, None)


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("De Luca Giulia Maria", "Giulia Maria De Luca", True),
        ("De Luca Giulia Maria", "Maria De Luca Giulia", True),
        ("De Luca Giulia", "DE LUCA  GIULIA", True),
        ("Müller Jörg", "Jorg Muller", True),
        ("De Luca Giulia", "Giulio De Luca", False),
        ("De Luca Giulia", "Giulia De Luca Maria", False),
        ("De Luca Giulia", "Luca De Giulia", False),
        ("Giulia", "Giulia", True),
        ("Giulia", "Giulio", False),
    ],
)
def test_the_order_of_a_persons_name(one: str, other: str, same: bool) -> None:
    assert same_holder(person(one), person(other)) is same
    assert same_holder(name_from_dn(person(one)), person(other)) is same


def test_the_number_and_everything_else_still_count() -> None:
    assert not same_holder(person("De Luca Giulia"), person("Giulia De Luca", "85273003400"))
    changed = person("Giulia De Luca").replace("Federal Government", "Other Government")
    assert not same_holder(person("De Luca Giulia"), changed)


def test_organisations_have_one_order() -> None:
    one, other = (ehealth_dn("CBE", "0406798006", name, "APP") for name in ("Maasdal AZ", "AZ Maasdal"))
    assert not same_holder(one, other)
    assert same_holder(one, one)
    assert not same_name(one, other)
