"""The list of columns under keys is whole: models, modules that seal, database functions and indexes agree with it."""

import re
from pathlib import Path

import psycopg
import pytest
from django.apps import apps
from django.db import connection, models

from ehportal.keys.columns import INDEXED, SEALED
from ehportal.keys.standing import APPS, standings
from organisations.models import Person
from organisations.sealed_columns import Place
from tests.environment import ROOT
from tests.support.hospital import make_hospital

ROOMS = {"organisations", "certificates", "ehportal"}
NOT_SEALED = {
    "certificates_issuer.der": "an authority's certificate, which everybody may read",
    "certificates_listoperator.der": "who may sign the platform's public lists",
    "certificates_listversion.content": "a public list of the platform",
    "certificates_listversion.signed": "the same list, as it was signed",
    "certificates_platformcertificate.der": "a certificate of the platform, which everybody may read",
    "certificates_storenumber.der": "a certificate of a public list",
    "certificates_revocationlist.content": "what an authority publishes",
    "certificates_statusanswer.content": "what an authority says of authorities, likewise",
    "organisations_auditevent.content": "the record says nothing that is sealed",
    "organisations_auditevent.leaf_hash": "a hash",
    "organisations_devicelink.statement": "what a holder agreed to, without a number",
    "organisations_enrolment.nonce": "random bytes for five minutes",
}
SEALERS = {
    "certificates/services/cards/ask.py": "certificates_cardcheck.sealed_chain",
    "certificates/services/errands/ask.py": "certificates_errand.sealed_parameters",
    "certificates/services/foreigners/preparation.py": "certificates_foreignrequest.sealed_csr",
    "certificates/services/foreigners/start.py": "certificates_foreignrequest.sealed_dn",
    "certificates/services/inventory/consignments.py": "certificates_consignmentpart.sealed_content",
    "certificates/services/inventory/imports.py": "certificates_importbatch.sealed_certificates",
    "certificates/services/inventory/rows.py": "certificates_certificate.sealed_der",
    "certificates/services/papers/draft.py": "certificates_paper.sealed_document",
    "certificates/services/papers/keep_signed_copy.py": "certificates_paper.sealed_copy",
    "certificates/services/records/fetch_certificates.py": "certificates_recordproposal.sealed_certificates",
    "certificates/services/references/set_references.py": "certificates_importbatch.sealed_certificates",
    "certificates/services/signing/card_signature.py": "certificates_certificaterequest.sealed_signed_request",
    "certificates/services/signing/offer_contract.py": "certificates_certificaterequest.sealed_contract",
    "certificates/services/tokens/find.py": "certificates_encryptiontoken.sealed_etk",
    "certificates/services/tokens/register.py": "certificates_encryptiontoken.sealed_etk",
    "organisations/services/letters/outbox.py": "organisations_accountletter.sealed_address",
    "organisations/services/webhooks/keep.py": "organisations_webhook.sealed_secret",
    "organisations/ssin.py": "organisations_person.ssin_ciphertext",
    "organisations/web/accounts/adapter.py": "mfa_authenticator.data.secret",
    # Until the code is typed, in a session of its own account: after another key the page shows another secret.
    "organisations/web/accounts/forms.py": None,
    "ehportal/keys/sealed.py": None,
}
"""Modules that seal, and where what they seal is kept."""


def names(places: tuple[Place, ...]) -> set[str]:
    return {place.name for place in places}


def fields() -> list[tuple[str, "models.Field[object, object]"]]:
    return [
        (f"{model._meta.db_table}.{field.column}", field)
        for model in apps.get_models()
        if model.__module__.split(".")[0] in ROOMS
        for field in model._meta.fields
    ]


def test_every_column_of_bytes_is_sealed_or_said_not_to_be() -> None:
    binary = {name for name, field in fields() if isinstance(field, models.BinaryField)}
    ours = {one for one in names(SEALED) if not one.startswith("mfa_")}
    assert binary == ours | NOT_SEALED.keys(), "a new column of bytes goes into ehportal/keys/columns.py"
    null = {name for name, field in fields() if isinstance(field, models.BinaryField) and field.null}
    assert null == {place.name for place in SEALED if place.optional}
    assert not any(name.rpartition(".")[2].startswith("sealed_") for name in NOT_SEALED)


def test_every_index_of_a_number_is_listed() -> None:
    assert {name for name, _field in fields() if name.endswith("_index")} == names(INDEXED)


def test_every_module_that_seals_is_known() -> None:
    calls = re.compile(r"(?<![\w.])(?:seal|encrypt)\(")
    found = {
        path.relative_to(ROOT).as_posix()
        for room in ROOMS
        for path in Path(ROOT, room).rglob("*.py")
        if "migrations" not in path.parts
        and re.search(r"from organisations\.sealing import .*\bseal\b", path.read_text())
        and calls.search(path.read_text())
    }
    assert found == SEALERS.keys(), "say where what a new module seals is kept"
    assert {place for place in SEALERS.values() if place} <= names(SEALED)


@pytest.mark.django_db
def test_the_database_tells_of_every_place() -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT string_agg(prosrc, '') FROM pg_proc WHERE proname = ANY(%s)",
            [[f"ehportal_keys_of_{app}" for app in APPS]],
        )
        source = cursor.fetchone()[0]
        cursor.execute("SELECT prosrc FROM pg_proc WHERE proname = 'ehportal_index_in_use'")
        in_use = cursor.fetchone()[0]
    told = set(re.findall(r"SELECT '([a-z_.]+)', key", source))
    assert told == names(SEALED) | names(INDEXED)
    assert set(re.findall(r"FROM ((?:organisations|certificates)_\w+)", in_use)) == {
        place.table for place in INDEXED
    }


@pytest.mark.django_db
@pytest.mark.parametrize("place", [*SEALED, *INDEXED], ids=lambda place: place.name)
def test_what_is_left_is_found_by_an_index(place: Place, owner_url: str) -> None:
    then = place.column if place in INDEXED else "id"
    there = place.under("'abcdef01'", by=then)
    with psycopg.connect(owner_url) as asking:
        # The tables are empty: what a planner would rather do there says nothing.
        asking.execute("SET enable_seqscan = off; SET enable_sort = off; SET enable_bitmapscan = off")
        plan = asking.execute(
            f"EXPLAIN SELECT {then} FROM {place.table} WHERE {there} LIMIT 10"  # noqa: S608  # names of ours
        ).fetchall()
    lines = "\n".join(line for (line,) in plan)
    assert place.index in lines
    assert "Sort" not in lines


@pytest.mark.django_db
def test_the_web_role_learns_keys_and_nothing_else() -> None:
    """It sees no row of an organisation that it did not name, and yet that a key is in use somewhere."""
    assert all(not key.places for key in standings())
    make_hospital()
    assert not Person.objects.exists()
    first = [key for key in standings() if key.writes]
    assert [key.setting for key in first] == ["SSIN_KEYS", "SSIN_INDEX_KEYS"]
    assert "organisations_person.ssin_ciphertext" in first[0].places
    assert first[1].places == ("organisations_person.ssin_index",)
