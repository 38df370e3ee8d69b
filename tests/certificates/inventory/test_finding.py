"""By which words certificates are found: theirs, and those of what stands beside them; a tenant's own only."""

from datetime import UTC, datetime
from uuid import uuid4

import pytest
from django.db import DatabaseError, connection, transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from certificates.models import Carer, Certificate, Installation, Note, SearchEntry, Tag
from certificates.models import certificate as certificates
from organisations.tenancy import acting_for
from tests.certificates.web.shelf import shelve
from tests.support.hospital import Hospital, make_hospital

pytestmark = pytest.mark.django_db
NOW = datetime(2026, 11, 30, 12, 0, tzinfo=UTC)


def found(hospital: Hospital, text: str) -> set[str]:
    here = hospital.organisation.pk
    with acting_for([here], user=hospital.administrator.pk):
        return set(Certificate.objects.matching(here, text).values_list("application_id", flat=True))


@pytest.fixture
def hospital() -> Hospital:
    return make_hospital()


def test_any_word_or_its_beginning_in_any_order(hospital: Hospital) -> None:
    one = shelve(hospital.organisation, "APOTHEEK", 400)
    shelve(hospital.organisation, "LABO", 400)
    for text in (
        "apotheek",
        "APOTH",
        "apo cbe",
        "0406798006 apoth",
        "cbe=0406798006, apotheek",
        one.fingerprint[:9],
    ):
        assert found(hospital, text) == {"APOTHEEK"}, text
    assert found(hospital, "cbe") == {"APOTHEEK", "LABO"}
    assert found(hospital, "theek") == set(), "in the middle of a word nobody looks"
    assert found(hospital, "apotheek labo") == set()
    assert found(hospital, "  ") == {"APOTHEEK", "LABO"}


@pytest.mark.parametrize(
    "text", ["'", "\\", "a' | 'b", ":*", "& !", "((", "%", "\x07", "é" * 300, "x " * 500]
)
def test_whatever_is_typed_is_words_or_nothing(hospital: Hospital, text: str) -> None:
    shelve(hospital.organisation, "LABO", 400)
    assert found(hospital, text) <= {"LABO"}


def test_accents_and_capitals_do_not_matter(hospital: Hospital) -> None:
    one = shelve(hospital.organisation, "CLINIQUE", 400)
    with acting_for([hospital.organisation.pk], as_platform=True):
        Certificate.objects.filter(pk=one.pk).update(search_text="Clinique Sainte-Élisabeth Noël")
    assert found(hospital, "elisab noel") == {"CLINIQUE"}
    assert found(hospital, "ÉLISABETH") == {"CLINIQUE"}


def test_what_stands_beside_it_is_found_and_forgotten_with_it(hospital: Hospital) -> None:
    one = shelve(hospital.organisation, "LABO", 400)
    here, user = hospital.organisation, hospital.administrator
    with acting_for([here.pk], user=user.pk):
        tag = Tag.objects.create(organisation=here, certificate=one, text="radiologie oost")
        note = Note.objects.create(organisation=here, certificate=one, text="Bel eerst Jan", written_by=user)
        carer = Carer.objects.create(organisation=here, certificate=one, user=user, caring="owner")
        place = Installation.objects.create(
            organisation=here,
            certificate=one,
            device_id=uuid4(),
            machine="SRV-MIRTH-02",
            path="/opt/mirth/keystore.p12",
            file_digest="0" * 64,
            environment="production",
            first_seen_at=NOW,
            last_seen_at=NOW,
        )
    for text in ("radiologie", "oost", "jan", "wouters", "mirth 02", "keystore"):
        assert found(hospital, text) == {"LABO"}, text
    user.full_name = "Els Janssens"
    user.save(update_fields=["full_name"])
    assert found(hospital, "janssens") == {"LABO"}
    with acting_for([here.pk], user=user.pk):
        tag.delete()
        note.delete()
        carer.delete()
        Installation.objects.filter(pk=place.pk).update(gone_at=NOW)
    for text in ("radiologie", "eerst", "janssens", "mirth"):
        assert found(hospital, text) == set(), text
    assert found(hospital, "labo") == {"LABO"}


def test_common_words_take_another_way_to_the_same(
    hospital: Hospital, monkeypatch: pytest.MonkeyPatch
) -> None:
    for number in range(5):
        shelve(hospital.organisation, f"APP{number}", 300 + number)
    rare = found(hospital, "app cbe")
    monkeypatch.setattr(certificates, "RARE", 2)
    assert found(hospital, "app cbe") == rare == {f"APP{number}" for number in range(5)}
    assert found(hospital, "app3") == {"APP3"}


def test_another_tenants_words_find_nothing(hospital: Hospital) -> None:
    other = make_hospital(name="Clinique Notre-Dame des Tilleuls", cbe="0809394427", ssin="93051822361")
    shelve(other.organisation, "THEIRS", 400)
    here, there = hospital.organisation.pk, other.organisation.pk
    assert found(hospital, "theirs") == set()
    with acting_for([here], user=hospital.administrator.pk), connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM ehportal_certificates_found(%s, 'theirs', 10)", [there])
        assert cursor.fetchone() == (0,)
        assert not SearchEntry.objects.exists()


def test_nobody_but_the_triggers_writes_words(hospital: Hospital) -> None:
    one = shelve(hospital.organisation, "LABO", 400)
    here = hospital.organisation.pk
    with (
        acting_for([here], user=hospital.administrator.pk),
        pytest.raises(DatabaseError, match="permission denied"),
        transaction.atomic(),
    ):
        SearchEntry.objects.filter(pk=one.pk).update(private_to=None)


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    said=st.lists(
        st.sampled_from(
            [
                "CBE=0406798006\\, LABO",
                "é",
                "Élisabeth-Noël",
                "x" * 64,
                "x" * 65,
                "a.b/c:d",
                "ﬁ",
                "|",
                "İ",
                "\t",
            ]
        )
        | st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=20),
        max_size=6,
    ),
    many=st.sampled_from([1, 1, 500]),
)
def test_words_that_are_made_at_once_are_those_made_one_by_one(
    hospital: Hospital, said: list[str], many: int
) -> None:
    text = " ".join(said) + "".join(f" w{number % 300}" for number in range(many))
    with connection.cursor() as cursor:
        cursor.execute(
            """SELECT tsvector_to_array(ehportal_lexemes(%s, %s)), coalesce(array_agg(ehportal_mark(%s) || word), '{}')
                FROM ehportal_words(%s) AS word""",
            [hospital.organisation.pk, text, hospital.organisation.pk, text],
        )
        [(at_once, one_by_one)] = cursor.fetchall()
    assert sorted(at_once) == sorted(one_by_one)
