"""Taking certificates in: what a preview says of each, and that only what was chosen is taken."""

import base64
import json
from datetime import UTC, datetime, timedelta

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding, pkcs7
from cryptography.x509.oid import NameOID

from certificates.domain.lifecycle import Environment
from certificates.domain.validity import RevocationStatus
from certificates.errors.inventory import FileRefused
from certificates.models import ImportBatch
from certificates.services.inventory import imports
from certificates.services.status.check import EVERY, check_revocation
from organisations.tenancy import acting_for
from tests.certificates.inventory.uploads import preview, stored, take, upload
from tests.certificates.samples import AUTHORITY, certificate, der, ehealth, key, pem, plain_name
from tests.certificates.stages import now, registered, tag
from tests.support.holder import Holder, any_key
from tests.support.hospital import Hospital
from tests.support.sandbox import SandboxProcess
from tests.support.work import is_due


def issue(government: SandboxProcess, application_id: str, **changes: object) -> x509.Certificate:
    """Have the sandbox's authority issue a certificate outside any request."""
    body = {
        "environment": "production",
        "identifier": {"type": "CBE", "value": "0406798006"},
        "name": "AZ Sint-Elisabeth Maasdal",
        "application_id": application_id,
        "not_before": (datetime.now(UTC) - timedelta(days=100)).isoformat(),
    } | changes
    answer = government.control_post("/control/issue", body)
    return x509.load_pem_x509_certificate(answer["pem"].encode())


def test_each_certificate_gets_its_outcome(hospital: Hospital, government: SandboxProcess) -> None:
    valid, known = issue(government, tag()), issue(government, tag())
    long_ago = (datetime.now(UTC) - timedelta(days=1500)).isoformat()
    expired = issue(government, tag(), not_before=long_ago)
    other = issue(government, tag(), environment="acceptance")
    website = certificate(plain_name("www.maasdal.example"))
    authority = certificate(plain_name("Some CA"), extensions=(AUTHORITY,))
    ours = ehealth(application_id=tag())
    first = upload(hospital, [("known.pem", pem(known))])
    assert take(hospital, first, {"0"}) == 1
    batch = upload(
        hospital,
        [
            (
                "all.pem",
                b"".join(pem(one) for one in (valid, known, expired, other, website, authority, ours)),
            ),
            ("again.der", der(valid)),
            ("empty.pem", b""),
            ("store.p12", b"\x30\x82\x01\x00\x02\x01\x03"),
        ],
    )
    lines = preview(hospital, batch)
    assert [(line.file, line.outcome, line.environment, line.trusted) for line in lines] == [
        ("all.pem", "new", "production", True),
        ("all.pem", "already_known", "production", True),
        ("all.pem", "expired", "production", True),
        ("all.pem", "new", "acceptance", True),
        ("all.pem", "not_ehealth", "production", False),
        ("all.pem", "ca_certificate", "production", False),
        ("all.pem", "new", "production", False),
        ("again.der", "duplicate", "production", True),
        ("empty.pem", "unreadable", "", False),
        ("store.p12", "unreadable", "", False),
    ]
    assert [line.key for line in lines if line.takeable] == ["0", "2", "3", "4", "6"]
    assert [line.key for line in lines if line.suggested] == ["0", "3", "6"]
    assert lines[-1].problem == str(imports.PROBLEMS["private_key"])
    assert lines[-2].problem == str(imports.PROBLEMS["empty"])


def test_only_the_chosen_are_taken(hospital: Hospital, government: SandboxProcess) -> None:
    one, two = issue(government, tag()), issue(government, tag())
    website = certificate(plain_name("www.maasdal.example"))
    authority = certificate(plain_name("Some CA"), extensions=(AUTHORITY,))
    batch = upload(hospital, [("set.p7b", b"".join(map(pem, (one, two, website, authority))))])
    # 3 is an authority, 4 and the rest do not exist: nobody may take them whatever the form says.
    assert take(hospital, batch, {"1", "3", "4", "file-0", "x"}) == 1
    [taken] = stored(hospital)
    assert taken.der == der(two)
    assert (taken.source, taken.chain_trusted, taken.environment) == (
        "imported",
        True,
        Environment.PRODUCTION,
    )
    [issuer] = [x509.load_der_x509_certificate(one) for one in taken.above]
    assert issuer.subject == two.issuer
    with acting_for([hospital.organisation.pk], as_platform=True):
        assert not ImportBatch.objects.filter(pk=batch.pk).exists(), "an upload is forgotten once decided"


def test_taking_twice_adds_once(hospital: Hospital) -> None:
    made = ehealth(application_id=tag())
    for expected in (1, 0):
        batch = upload(hospital, [("a.pem", pem(made))])
        assert take(hospital, batch, {"0"}) == expected
    assert len(stored(hospital)) == 1


def test_issuers_of_the_upload_complete_the_chain(hospital: Hospital) -> None:
    root = certificate(plain_name("Root"), extensions=(AUTHORITY,))
    middle = certificate(plain_name("Middle"), issuer=plain_name("Root"), extensions=(AUTHORITY,))
    leaf = ehealth(application_id=tag(), issuer="CN=Middle")
    bundle = pkcs7.serialize_certificates([leaf, middle, root], Encoding.DER)
    batch = upload(hospital, [("chain.p7b", bundle)])
    keys = {line.key for line in preview(hospital, batch) if line.suggested}
    assert take(hospital, batch, keys) == 1
    [taken] = stored(hospital)
    assert list(taken.above) == [der(middle)]
    assert taken.chain_trusted is False


def test_authorities_that_issued_each_other_end_somewhere(hospital: Hospital) -> None:
    one = certificate(plain_name("One"), issuer=plain_name("Two"), extensions=(AUTHORITY,))
    two = certificate(plain_name("Two"), issuer=plain_name("One"), extensions=(AUTHORITY,))
    leaf = ehealth(application_id=tag(), issuer="CN=One")
    batch = upload(hospital, [("ring.pem", pem(leaf) + pem(one) + pem(two))])
    assert take(hospital, batch, {line.key for line in preview(hospital, batch) if line.suggested}) == 1
    assert len(stored(hospital)[0].above) == 5


ODD = [
    certificate(plain_name("NUL\x00 and\nline")),
    certificate(plain_name("CBE=" + "9" * 40)),
    certificate(plain_name("A" * 40 + "=1")),
    certificate(x509.Name([]), issuer=plain_name("x")),
    certificate(plain_name("é" * 32, *[(NameOID.ORGANIZATIONAL_UNIT_NAME, "O" * 64)] * 20)),
    certificate(
        plain_name("urls"),
        extensions=(
            x509.CRLDistributionPoints(
                [
                    x509.DistributionPoint(
                        [x509.UniformResourceIdentifier("http://x/\x00" + "y" * 3000)], None, None, None
                    )
                ]
            ),
        ),
    ),
    certificate(plain_name("rsa"), public_key=any_key().public_key(), serial=(1 << 159) - 1),
]


def test_odd_certificates_fit_into_the_table(hospital: Hospital) -> None:
    batch = upload(hospital, [("odd.pem", b"".join(map(pem, ODD)))])
    lines = preview(hospital, batch)
    assert len(lines) == len(ODD)
    assert take(hospital, batch, {line.key for line in lines}) == len(ODD)
    assert {one.der for one in stored(hospital)} == set(map(der, ODD))


def test_too_much_at_once_is_refused(hospital: Hospital) -> None:
    small = pem(ehealth())
    many = [ehealth(serial=number, signer=key()) for number in range(1, 402)]
    bundle = b"".join(map(pem, many))
    for files in (
        [("x.pem", small)] * (imports.MAX_FILES + 1),
        [("x.pem", b" " * 1_000_000)] * 5,
        [(f"{number}.pem", bundle) for number in range(5)],
    ):
        with pytest.raises(FileRefused) as refused:
            upload(hospital, files)
        assert refused.value.extra == {"field": "files"}


def test_an_upload_is_sealed_and_its_names_bear_no_number(hospital: Hospital) -> None:
    """The official application names a key store after its holder; people send it by mistake."""
    name = "SSIN=85073003328 20200827-144621.p12"
    batch = upload(hospital, [(name, b"\x30\x82\x01\x00\x02\x01\x03"), ("x.pem", pem(ehealth()))])
    assert batch.findings == [{"file": "SSIN=••.••.••-•••.28 20200827-144621.p12", "code": "private_key"}]
    assert json.dumps(base64.b64encode(der(ehealth())).decode()) not in str(bytes(batch.sealed_certificates))


# --- revocation


def test_a_revocation_is_found_and_stays(
    hospital: Hospital, holder: Holder, government: SandboxProcess
) -> None:
    request = hospital.step(registered(hospital, holder))
    one = request.certificate
    assert one is not None
    assert (one.revocation_status, one.revocation_checked_at) == (RevocationStatus.UNKNOWN, None)
    moment = now()
    assert is_due(one, one.organisation_id, moment)
    check_revocation(one.organisation_id, one.pk, now=moment)
    [found] = stored(hospital)
    assert (found.revocation_status, found.revoked_at) == (RevocationStatus.GOOD, None)
    assert found.revocation_checked_at == moment
    assert found.next_attempt_at == moment + EVERY

    path = f"/control/certificates/production/{request.public_key_identifier}/revoke"
    government.control_post(path, {"reason": "keyCompromise"})
    check_revocation(one.organisation_id, one.pk, now=moment + timedelta(days=2))
    [found] = stored(hospital)
    assert found.revocation_status == RevocationStatus.REVOKED
    assert found.revoked_at is not None
    revoked_at = found.revoked_at
    assert found.next_attempt_at is None, "nobody need ask again"

    government.stop()
    try:
        check_revocation(one.organisation_id, one.pk, now=moment + timedelta(days=3))
    finally:
        government.start()
    [found] = stored(hospital)
    assert (found.revocation_status, found.revoked_at) == (RevocationStatus.REVOKED, revoked_at)

    from organisations.models import AuditEvent

    with acting_for([hospital.organisation.pk], as_platform=True):
        events = AuditEvent.objects.filter(subject_id=one.pk).order_by("happened_at")
        assert list(events.values_list("action", flat=True)) == [
            "certificate_requested",
            "certificate_found_good",
            "certificate_found_revoked",
        ]


def test_nobody_to_ask_is_unknown_and_no_event(hospital: Hospital) -> None:
    batch = upload(hospital, [("a.pem", pem(ehealth()))])
    take(hospital, batch, {"0"})
    [one] = stored(hospital)
    check_revocation(one.organisation_id, one.pk, now=now())
    [found] = stored(hospital)
    assert found.revocation_status == RevocationStatus.UNKNOWN
    assert found.revocation_checked_at is not None
