"""Uploads with something odd in them: judged item by item, once, within bounds, and shown whatever is in them."""

import base64
from datetime import timedelta
from importlib import import_module

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID
from django.apps import apps
from django.db import connection
from django.test import Client
from django.utils import timezone
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from agent.wire.pki.moments import NO_END
from certificates.models import Certificate
from certificates.services.inventory import chains
from certificates.trust import paths
from organisations.domain.roles import Role
from organisations.models import AuditEvent, User
from organisations.tenancy import acting_for
from tests.certificates.inventory.uploads import preview, stored, take, upload
from tests.certificates.samples import AUTHORITY, certificate, der, ehealth, pem, plain_name
from tests.certificates.stages import tag
from tests.certificates.web.shelf import shelve
from tests.organisations.web.members import member, signed_in
from tests.support.hospital import Hospital
from tests.support.odd import HOPELESS, ODD, ending
from tests.support.sandbox import SandboxProcess

EVERY = ODD | HOPELESS
NUMBER = "85073003328"


@pytest.fixture
def administrator(hospital: Hospital) -> Client:
    return signed_in(member(hospital.organisation, Role.ADMINISTRATOR))


@pytest.fixture
def viewer(hospital: Hospital) -> Client:
    return signed_in(member(hospital.organisation, Role.VIEWER))


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    odd=st.lists(st.sampled_from(list(EVERY)), min_size=1, max_size=4),
    at=st.integers(0, 4),
    one_file=st.booleans(),
)
def test_a_good_certificate_is_taken_in_beside_any_odd_one(
    hospital: Hospital, government: SandboxProcess, odd: list[str], at: int, one_file: bool
) -> None:
    good = ehealth(application_id=tag())
    strange = [EVERY[name](ehealth(application_id=tag())) for name in odd]
    pieces = [*strange[:at], der(good), *strange[at:]]
    markers = b"-----BEGIN CERTIFICATE-----\n", b"-----END CERTIFICATE-----\n"
    texts = [markers[0] + base64.encodebytes(piece) + markers[1] for piece in pieces]
    files = [("all.pem", b"".join(texts))] if one_file else [(f"{n}.pem", one) for n, one in enumerate(texts)]
    batch = upload(hospital, files)
    lines = preview(hospital, batch)
    keys = {line.key for line in lines if line.takeable}
    assert take(hospital, batch, keys) == 1 + sum(name in ODD for name in odd)
    kept = {one.der for one in stored(hospital)}
    assert der(good) in kept
    for name, piece in zip(odd, strange, strict=True):
        assert (piece in kept) is (name in ODD), name


@pytest.mark.parametrize("odd", ODD, ids=str)
def test_every_page_shows_it(
    hospital: Hospital, government: SandboxProcess, administrator: Client, odd: str
) -> None:
    good = ehealth(application_id=tag())
    batch = upload(hospital, [("odd.der", ODD[odd](ehealth(application_id=tag()))), ("good.pem", pem(good))])
    with acting_for([hospital.organisation.pk], as_platform=True):
        type(batch).objects.filter(pk=batch.pk).update(uploaded_by=administrator_of(administrator))
    assert administrator.get(f"/certificates/import/{batch.pk}/").status_code == 200
    assert take(hospital, batch, {"0", "1"}) == 2
    assert administrator.get("/certificates/").status_code == 200
    assert administrator.get("/").status_code == 200
    for one in stored(hospital):
        page = administrator.get(f"/certificates/{one.pk}/")
        assert page.status_code == 200
        answer = administrator.get(f"/certificates/{one.pk}/download")
        assert answer.status_code == 200
        text = answer.content.decode()
        assert base64.b64decode("".join(text.splitlines()[1:-1])) == one.der


def administrator_of(client: Client) -> str:
    return str(client.session["_auth_user_id"])


def test_what_never_ends_says_so_and_the_one_beside_it_is_taken(
    hospital: Hospital, government: SandboxProcess, administrator: Client
) -> None:
    endless = ending(0x18, b"99991231235959Z")(ehealth(application_id=tag()))
    batch = upload(hospital, [("a.der", endless), ("b.pem", pem(ehealth(application_id=tag())))])
    assert [line.not_after == NO_END for line in preview(hospital, batch)] == [True, False]
    with acting_for([hospital.organisation.pk], as_platform=True):
        type(batch).objects.filter(pk=batch.pk).update(uploaded_by=administrator_of(administrator))
    assert "no end" in administrator.get(f"/certificates/import/{batch.pk}/").content.decode()
    assert take(hospital, batch, {"0", "1"}) == 2
    [row] = [one for one in stored(hospital) if one.has_no_end]
    assert row.not_after == NO_END
    assert "no end" in administrator.get("/certificates/").content.decode()
    page = administrator.get(f"/certificates/{row.pk}/").content.decode()
    assert "It was made without an end." in page
    assert "no end" in page
    assert "Renewable from" not in page
    User.objects.filter(pk=administrator_of(administrator)).update(language="nl")
    assert "geen einde" in administrator.get("/certificates/").content.decode()


def test_even_a_row_with_the_last_day_of_all_is_shown(hospital: Hospital, administrator: Client) -> None:
    last = timezone.now().replace(year=9999, month=12, day=31, hour=23, minute=59, second=59)
    row = shelve(hospital.organisation, "ENDLESS", 300, not_after=last)
    for address in ("/", "/certificates/", f"/certificates/{row.pk}/"):
        assert administrator.get(address).status_code == 200


# --- judged once, within bounds


def crowd(number: int, *, curve: ec.EllipticCurve, name: str = "Crowd CA") -> list[x509.Certificate]:
    """As many authorities of one name, each with a key of its own."""
    made = []
    for _number in range(number):
        key = ec.generate_private_key(curve)
        made.append(
            certificate(plain_name(name), public_key=key.public_key(), signer=key, extensions=(AUTHORITY,))
        )
    return made


@pytest.mark.parametrize("curve", [ec.BrainpoolP512R1(), ec.SECP256R1()], ids=["brainpool", "nist"])
def test_a_crowd_of_authorities_of_one_name_costs_a_bounded_number_of_signatures(
    hospital: Hospital, government: SandboxProcess, monkeypatch: pytest.MonkeyPatch, curve: ec.EllipticCurve
) -> None:
    tried: list[int] = []

    def counted(one: x509.Certificate, issuer: x509.Certificate) -> bool:
        tried.append(1)
        return paths.signed_by(one, issuer)

    monkeypatch.setattr(chains, "signed_by", counted)
    authorities = crowd(90, curve=curve)
    leaves = [ehealth(application_id=tag(), issuer="CN=Crowd CA") for _number in range(90)]
    batch = upload(hospital, [("all.pem", b"".join(map(pem, [*authorities, *leaves])))])
    most = chains.MOST_CANDIDATES * (len(leaves) + len(authorities)) * 2
    assert 0 < len(tried) <= min(most, chains.MOST_FAILURES + len(leaves) + len(authorities))
    tried.clear()
    lines = preview(hospital, batch)
    assert len(lines) == 180
    assert take(hospital, batch, {line.key for line in lines if line.takeable}) == 90
    assert tried == [], "neither the page nor the decision judges anything again"


def test_the_issuer_is_found_by_the_key_that_the_certificate_names(
    hospital: Hospital, government: SandboxProcess
) -> None:
    key = ec.generate_private_key(ec.SECP256R1())
    named = x509.SubjectKeyIdentifier.from_public_key(key.public_key())
    issuing = certificate(
        plain_name("Crowd CA"),
        issuer=plain_name("Root"),
        public_key=key.public_key(),
        extensions=(AUTHORITY, named),
    )
    leaf = ehealth(
        application_id=tag(),
        issuer="CN=Crowd CA",
        signer=key,
        extensions=(x509.AuthorityKeyIdentifier.from_issuer_subject_key_identifier(named),),
    )
    authorities = [*crowd(60, curve=ec.SECP256R1()), issuing]
    batch = upload(hospital, [("all.pem", b"".join(map(pem, [*authorities, leaf])))])
    keys = {line.key for line in preview(hospital, batch) if line.suggested}
    assert take(hospital, batch, keys) == 1
    [row] = stored(hospital)
    assert list(row.above) == [der(issuing)]


# --- national numbers in any name


def with_number(*pairs: tuple[x509.ObjectIdentifier, str], **more: object) -> x509.Certificate:
    return certificate(plain_name("An Peeters (Authentication)", *pairs), **more)  # type: ignore[arg-type]  # passed on


HOLDING = {
    "serialNumber": with_number((NameOID.SERIAL_NUMBER, NUMBER)),
    "common name": certificate(plain_name("An Peeters 85.07.30-033.28")),
    "full width": certificate(plain_name("An ８５０７３００３３２８")),
    "issuer": with_number(issuer=plain_name(f"CA of {NUMBER}")),
    "directory name": with_number(
        extensions=(
            x509.SubjectAlternativeName(
                [x509.DirectoryName(plain_name("An", (NameOID.SERIAL_NUMBER, NUMBER)))]
            ),
        )
    ),
    "mail address": with_number(
        extensions=(x509.SubjectAlternativeName([x509.RFC822Name(f"an.{NUMBER}@example.test")]),)
    ),
    "address of a list": with_number(
        extensions=(
            x509.CRLDistributionPoints(
                [
                    x509.DistributionPoint(
                        [x509.UniformResourceIdentifier(f"http://x/{NUMBER}")], None, None, None
                    )
                ]
            ),
        )
    ),
    "ehealth": ehealth("SSIN", NUMBER, "An Marie Peeters"),
}


@pytest.mark.parametrize("holding", HOLDING, ids=str)
def test_what_holds_a_number_is_for_those_who_may_see_it_and_leaves_a_trace(
    hospital: Hospital, government: SandboxProcess, administrator: Client, viewer: Client, holding: str
) -> None:
    assert take(hospital, upload(hospital, [("a.pem", pem(HOLDING[holding]))]), {"0"}) == 1
    [row] = stored(hospital)
    assert row.holds_number
    page = viewer.get(f"/certificates/{row.pk}/").content.decode()
    assert NUMBER not in page
    assert "/download" not in page
    assert viewer.get(f"/certificates/{row.pk}/download").status_code == 403
    assert administrator.get(f"/certificates/{row.pk}/download").status_code == 200
    with acting_for([hospital.organisation.pk], as_platform=True):
        traced = AuditEvent.objects.filter(
            organisation=hospital.organisation, action="certificate_handed_out"
        )
        assert traced.count() == 1


@pytest.mark.parametrize(
    "one",
    [
        ehealth(),
        ehealth("NIHII11", "00010100105", "Somebody"),
        certificate(plain_name("www.maasdal.example")),
    ],
    ids=["organisation", "nihii11", "website"],
)
def test_what_holds_none_is_for_everybody(
    hospital: Hospital, government: SandboxProcess, viewer: Client, one: x509.Certificate
) -> None:
    assert take(hospital, upload(hospital, [("a.pem", pem(one))]), {"0"}) == 1
    [row] = stored(hospital)
    assert not row.holds_number
    assert viewer.get(f"/certificates/{row.pk}/download").status_code == 200


def test_rows_of_before_are_repaired_by_the_migration(hospital: Hospital, government: SandboxProcess) -> None:
    repair = import_module("certificates.migrations.0030_numbers_and_ends").repair
    files = [("a.pem", pem(HOLDING["serialNumber"])), ("b.pem", pem(ehealth(application_id=tag())))]
    assert take(hospital, upload(hospital, files), {"0", "1"}) == 2
    last = timezone.now().replace(year=9999, month=12, day=31)
    with acting_for([hospital.organisation.pk], as_platform=True):
        rows = Certificate.objects.filter(organisation=hospital.organisation)
        rows.update(holds_number=False, not_after=last, common_name=f"An {NUMBER.translate(FULL_WIDTH)}")
        repair(apps, connection.schema_editor)
        assert sorted(rows.values_list("holds_number", flat=True)) == [False, True]
        assert {one.not_after for one in rows} == {NO_END}
        assert all("３３２８" not in one.common_name for one in rows)
        assert max(one.not_before for one in rows) < timezone.now() + timedelta(days=1)


FULL_WIDTH = str.maketrans("0123456789", "０１２３４５６７８９")
