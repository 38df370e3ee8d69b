"""Whatever a judging library raises is a verdict: written down, shown, answered, and in nobody's way."""

from datetime import timedelta

import pytest
from celery.exceptions import SoftTimeLimitExceeded
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec, rsa

from agent.wire.pki.unreadable import PANICS
from certificates.domain.lifecycle import Environment
from certificates.models import Certificate
from certificates.services.status.check import EVERY, check_revocation
from certificates.trust import paths
from certificates.trust.anchors import certificate_roots, eid_anchors
from certificates.trust.paths import Issuers, Trust, validate
from organisations.tenancy import acting_for
from tests.certificates.inventory.uploads import preview, stored, take, upload
from tests.certificates.samples import AUTHORITY, certificate, der, ehealth, pem, plain_name
from tests.certificates.stages import now, tag
from tests.certificates.trust.test_paths import SIGNING
from tests.certificates.web.shelf import shelve
from tests.support.holder import Holder
from tests.support.hospital import Hospital, make_hospital
from tests.support.odd import ODD
from tests.support.sandbox import SandboxProcess
from tests.support.work import claimable, is_due


def naming_an_rsa_root() -> x509.Certificate:
    """A certificate with a signature on a curve that names a real authority whose key is RSA."""
    roots = [x509.load_der_x509_certificate(root) for root in certificate_roots(Environment.PRODUCTION)]
    [root] = [one for one in roots if isinstance(one.public_key(), rsa.RSAPublicKey)][:1]
    return ehealth(application_id=tag(), issuer=root.subject)


def test_a_signature_of_another_kind_than_its_issuers_key_is_not_trusted(
    government: SandboxProcess, caplog: pytest.LogCaptureFixture
) -> None:
    leaf = naming_an_rsa_root()
    roots = certificate_roots(Environment.PRODUCTION)
    for ask in (False, True):
        assert validate(leaf, [], roots, check_revocation=ask).trust is Trust.NOT_TRUSTED
    assert "certificate_not_judged" in caplog.text


def test_its_check_is_written_down_and_stops_nobodys(hospital: Hospital, government: SandboxProcess) -> None:
    leaf = naming_an_rsa_root()
    batch = upload(hospital, [("a.pem", pem(leaf))])
    [line] = preview(hospital, batch)
    assert (line.outcome, line.trusted) == ("new", False)
    assert take(hospital, batch, {"0"}) == 1
    [row] = stored(hospital)
    moment = now()
    assert is_due(row, row.organisation_id, moment)
    check_revocation(row.organisation_id, row.pk, now=moment)
    [row] = stored(hospital)
    assert (row.revocation_status, row.revocation_checked_at) == ("unknown", moment)
    assert row.next_attempt_at == moment + EVERY


@pytest.mark.parametrize("odd", ODD, ids=str)
def test_every_odd_certificate_has_a_verdict_that_is_written_down(
    hospital: Hospital, government: SandboxProcess, odd: str
) -> None:
    strange = ODD[odd](ehealth(application_id=tag()))
    batch = upload(hospital, [("odd.der", strange)])
    assert take(hospital, batch, {"0"}) == 1
    [row] = stored(hospital)
    moment = now()
    check_revocation(row.organisation_id, row.pk, now=moment)
    [row] = stored(hospital)
    assert (row.der, row.revocation_status, row.revocation_checked_at) == (strange, "unknown", moment)


@pytest.mark.parametrize("at", ["asn1_of", "CertificateValidator"])
def test_a_panic_of_a_library_is_a_verdict_that_is_written_down(
    hospital: Hospital, government: SandboxProcess, monkeypatch: pytest.MonkeyPatch, at: str
) -> None:
    row = shelve(hospital.organisation, tag(), 300)

    def panicking(*_arguments: object, **_names: object) -> None:
        raise PANICS[0]("index out of bounds")

    monkeypatch.setattr(paths, at, panicking)
    moment = now()
    check_revocation(row.organisation_id, row.pk, now=moment)
    [row] = stored(hospital)
    assert (row.revocation_status, row.revocation_checked_at) == ("unknown", moment)


@pytest.mark.parametrize("ends", [KeyboardInterrupt, SystemExit, SoftTimeLimitExceeded])
def test_what_ends_the_task_is_no_verdict(
    hospital: Hospital,
    government: SandboxProcess,
    monkeypatch: pytest.MonkeyPatch,
    ends: type[BaseException],
) -> None:
    row = shelve(hospital.organisation, tag(), 300)
    before = row.revocation_checked_at

    def ended(*_arguments: object, **_names: object) -> None:
        raise ends

    monkeypatch.setattr(paths, "CertificateValidator", ended)
    with pytest.raises(ends):
        check_revocation(row.organisation_id, row.pk, now=now())
    [row] = stored(hospital)
    assert (row.revocation_status, row.revocation_checked_at) == ("good", before)


def test_an_enrolment_with_such_a_card_is_refused_with_a_sentence(hospital: Hospital, holder: Holder) -> None:
    anchors = [x509.load_der_x509_certificate(anchor) for anchor in eid_anchors()]
    key = holder.identity.authentication_key
    usage = x509.KeyUsage(True, False, False, False, False, False, False, False, False)
    for anchor in anchors:
        other = ec.generate_private_key(ec.SECP384R1())
        if isinstance(anchor.public_key(), ec.EllipticCurvePublicKey):
            continue
        leaf = certificate(
            holder.identity.authentication.subject,
            issuer=anchor.subject,
            public_key=key.public_key(),
            signer=other,
            extensions=(usage,),
        )
        holder.chain = lambda _leaf, leaf=leaf: [leaf]  # type: ignore[method-assign, assignment, misc]  # another card
        answer = holder.enrol()
        assert answer.status_code == 422, answer.content
        assert answer.json()["code"] == "card_not_trusted"
        break
    else:
        pytest.fail("no authority of identity cards has an RSA key here")


def test_an_odd_certificate_in_the_chain_does_not_hide_the_issuer() -> None:
    root = certificate(plain_name("Root"), extensions=(AUTHORITY,))
    issuing = certificate(plain_name("One"), issuer=plain_name("Root"), extensions=(AUTHORITY, SIGNING))
    leaf = ehealth(issuer=plain_name("One"))
    odd = x509.load_der_x509_certificate(ODD["latin-1 in a UTF8String"](issuing))
    assert Issuers([odd, issuing]).above(leaf) == [issuing]
    assert validate(leaf, [odd, issuing], [der(root)], check_revocation=False).trust is Trust.TRUSTED


def test_one_organisation_does_not_starve_another(hospital: Hospital) -> None:
    """Six hundred that were never asked about stand in nobody's way, however few are taken at a time."""
    other = make_hospital()
    with acting_for([hospital.organisation.pk], as_platform=True):
        model = shelve(hospital.organisation, "MANY", 300)
        many = [
            Certificate(
                **{
                    field.attname: getattr(model, field.attname)
                    for field in Certificate._meta.concrete_fields
                    if field.attname not in ("id", "fingerprint", "revocation_checked_at", "next_attempt_at")
                },
                fingerprint=f"{number:064x}",
            )
            for number in range(600)
        ]
        Certificate.objects.bulk_create(many)
    long_ago = now() - timedelta(days=2)
    theirs = shelve(other.organisation, "FEW", 300, revocation_checked_at=long_ago)
    due = claimable("status_checks", most=10)
    assert len(due) == 10
    assert (other.organisation.pk, theirs.pk) in due
