from datetime import UTC, datetime

import pytest
from cryptography import x509
from cryptography.x509.name import _ASN1Type
from cryptography.x509.oid import NameOID
from hypothesis import given
from hypothesis import strategies as st

from agent.wire.errors import NameMalformed
from agent.wire.pki.names import (
    CertificateName,
    certificate_file_name,
    certificate_name,
    dn_of,
    ehealth_dn,
    format_dn,
    name_from_dn,
    normalise_name,
    parse_dn,
    read_file_name,
    same_name,
)

DN = (
    r"CN=CBE\=0406798006\, APPID,OU=eHealth-platform Belgium,OU=NAME,OU=CBE\=0406798006,OU=APPID,"
    "O=Federal Government,C=BE"
)
values = st.text(st.characters(exclude_categories=["Cs", "Cc"]), min_size=1, max_size=40).filter(
    lambda text: bool(text.strip())
)


def test_a_platform_name_reads_in_der_order_and_writes_back() -> None:
    assert parse_dn(DN) == (
        ("C", "BE"),
        ("O", "Federal Government"),
        ("OU", "APPID"),
        ("OU", "CBE=0406798006"),
        ("OU", "NAME"),
        ("OU", "eHealth-platform Belgium"),
        ("CN", "CBE=0406798006, APPID"),
    )
    assert ehealth_dn("CBE", "0406798006", "Name", "APPID") == DN
    assert dn_of(name_from_dn(DN)) == DN
    assert certificate_name(DN) == CertificateName("CBE", "0406798006", "APPID")


@given(st.lists(st.tuples(st.sampled_from(["O", "OU", "CN", "L"]), values), min_size=1, max_size=6))
def test_any_value_survives_escaping(pairs: list[tuple[str, str]]) -> None:
    assert parse_dn(format_dn(tuple(pairs))) == tuple(pairs)


@pytest.mark.parametrize(
    "other",
    [
        DN.replace(r"\=", "="),
        DN.replace(",OU", ", OU"),
        DN.replace("Federal Government", "FEDERAL  government"),
        DN.replace(r"\,", r"\2C"),
        DN.replace("CN=", "cn = "),
    ],
)
def test_the_same_name_in_another_spelling(other: str) -> None:
    assert same_name(DN, other)
    assert same_name(name_from_dn(DN, printable=False), other)


@pytest.mark.parametrize(
    "other",
    [
        DN.replace("0406798006", "0809394427", 1),
        DN.replace("APPID", "APPIE"),
        DN.replace(",C=BE", ",C=FR"),
        DN.replace("OU=NAME,", ""),
        ",".join(reversed(DN.replace(r"\, ", " ").split(","))),
    ],
)
def test_another_name_is_another_name(other: str) -> None:
    assert not same_name(DN, other)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "CN",
        "CN=",
        "CN=#0403",
        'CN="x"',
        "CN=a+OU=b",
        "XX=1",
        "CN=a\\",
        "CN=a\\q",
        r"CN=\FF",
        "CN=" + "a" * 2000,
    ],
)
def test_what_cannot_be_read_is_refused(text: str) -> None:
    with pytest.raises(NameMalformed):
        parse_dn(text)


def test_string_types_are_those_of_the_connector() -> None:
    dn = ehealth_dn("CBE", "0406798006", "x", "A_B")
    kinds = {a.oid: a._type for a in name_from_dn("OU=Ünïcode,C=BE,CN=plain")}
    assert kinds[NameOID.COUNTRY_NAME] is _ASN1Type.PrintableString
    assert kinds[NameOID.COMMON_NAME] is _ASN1Type.PrintableString
    assert kinds[NameOID.ORGANIZATIONAL_UNIT_NAME] is _ASN1Type.UTF8String
    underscore = name_from_dn(dn).get_attributes_for_oid(NameOID.COMMON_NAME)[0]
    assert underscore._type is _ASN1Type.UTF8String
    utf8 = name_from_dn(dn, printable=False)
    assert {a._type for a in utf8 if a.oid != NameOID.COUNTRY_NAME} == {_ASN1Type.UTF8String}
    assert isinstance(x509.Name.public_bytes(utf8), bytes)


def test_names_lose_case_and_diacritics() -> None:
    assert normalise_name("  Häuser  für Élise ") == "HAUSER FUR ELISE"


def test_a_file_name_tells_whose_and_when() -> None:
    created = datetime(2020, 8, 27, 14, 46, 21, tzinfo=UTC)
    name = certificate_file_name("NIHII-HOSPITAL", "71000436", "APP", created, "acceptance")
    assert name == "NIHII-HOSPITAL=71000436,APP 20200827-144621.acc-p12"
    facts = read_file_name(name)
    assert facts is not None
    assert (facts.environment, facts.name.application_id) == ("acceptance", "APP")
    assert facts.created == created.replace(tzinfo=None)
    assert read_file_name("holiday.p12") is None
    assert read_file_name("CBE=0406798006 20209927-144621.p12") is None


@pytest.mark.parametrize(
    ("type", "value", "app"), [("../x", "1", None), ("CBE", "../1", None), ("CBE", "1", "a/b")]
)
def test_a_file_name_never_leaves_its_folder(type: str, value: str, app: str | None) -> None:
    with pytest.raises(NameMalformed):
        certificate_file_name(type, value, app, datetime.now(UTC), "production")
    with pytest.raises(NameMalformed):
        ehealth_dn(type, value, "x", app)
