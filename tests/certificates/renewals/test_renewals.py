"""Renewing: what is prefilled, what is refused, two clicks at once, and the way through the sandbox."""

import threading
from datetime import date, timedelta
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import Encoding
from django.db import IntegrityError, connections, transaction

from certificates.domain.lifecycle import Environment, RequestState
from certificates.domain.renewal import RenewalOutcome
from certificates.domain.x509 import read_certificate
from certificates.errors.renewals import RenewalIncomplete, RenewalRefused
from certificates.errors.requests import HolderWithoutMandate, NameActive, RequestInProgress
from certificates.models import Certificate, CertificateRequest
from certificates.selectors.inventory import neighbours
from certificates.selectors.renewals import to_renew, unconfirmed_switches
from certificates.selectors.revocations import has_another
from certificates.services.inventory.add_certificate import add_certificate
from certificates.services.renewals.plan import KnownContact, plan_renewal, plan_renewals
from ehportal.operation.catalogues import compile_catalogues
from organisations.models import AuditEvent, Mandate, Person
from organisations.tenancy import acting_for
from tests.certificates.renewals.ending import RECORD, colleague, device, known, reload, renew, wish
from tests.certificates.stages import enrolled, now, tag
from tests.certificates.web.shelf import ask, shelve
from tests.support.effort import PATIENCE
from tests.support.holder import Holder
from tests.support.hospital import PLATFORM, Hospital, make_hospital
from tests.support.sandbox import SandboxProcess

compile_catalogues()

S, R = RequestState, RenewalOutcome


def outcome(hospital: Hospital, certificate: Certificate) -> RenewalOutcome:
    with acting_for([hospital.organisation.pk], as_platform=True):
        return plan_renewal(certificate, now=now()).outcome


# --- what is found


def test_a_certificate_made_here_is_renewed_with_one_click(hospital: Hospital) -> None:
    device(hospital)
    certificate = known(hospital)
    with acting_for([hospital.organisation.pk], as_platform=True):
        plan = plan_renewal(certificate, now=now())
    assert (plan.outcome, plan.one_click) == (R.RENEWABLE, True)
    assert plan.holder == plan.former_holder == hospital.holder
    assert plan.contact == KnownContact(
        "an.peeters@maasdal.example", "ict@maasdal.example", "+32 11 22 33 44", "", ("tsa", "consultrn")
    )
    made = renew(hospital, certificate)
    assert made.replaces_id == certificate.pk
    assert (made.environment, made.identifier_id, made.application_id) == (
        certificate.environment, hospital.identifier.pk, certificate.application_id)  # fmt: skip
    assert (made.holder, made.email_private, made.base_service_usages) == (
        hospital.holder, "an.peeters@maasdal.example", ["tsa", "consultrn"])  # fmt: skip
    assert "Hernieuwing van het certificaat dat op" in made.reason, "in the holder's language"
    with acting_for([hospital.organisation.pk], as_platform=True):
        events = AuditEvent.objects.filter(
            action__in=["request_made", "renewal_asked"], subject_id__in=[made.pk, certificate.pk]
        )
        assert {(event.action, event.subject_id) for event in events} == {
            ("request_made", made.pk), ("renewal_asked", certificate.pk)}  # fmt: skip


def test_an_imported_one_asks_what_is_missing(hospital: Hospital) -> None:
    certificate = reload(hospital, shelve(hospital.organisation, tag(), 60).pk)
    with acting_for([hospital.organisation.pk], as_platform=True):
        plan = plan_renewal(certificate, now=now())
    assert plan.holder == hospital.holder, "the only one with a mandate"
    assert (plan.possible, plan.one_click, plan.contact.missing) == (
        True,
        False,
        ("email_private", "phone_private"),
    )
    with pytest.raises(RenewalIncomplete) as refused:
        renew(hospital, certificate)
    assert refused.value.extra == {"field": "email_private"}
    assert renew(hospital, certificate, wish(hospital)).email_private == "an@maasdal.example"


def test_the_governments_record_fills_in_what_is_missing(hospital: Hospital) -> None:
    certificate = reload(hospital, shelve(hospital.organisation, tag(), 60, contact_data=RECORD).pk)
    made = renew(hospital, certificate)
    assert (made.email_private, made.email_general, made.phone_private, made.base_service_usages) == (
        "apotheek@maasdal.example", "", "+32 11 22 33 99", ["tsa"])  # fmt: skip


@pytest.mark.parametrize(
    "data", [None, [], "x", {"email_private": 3, "base_service_usages": "tsa"}, {"phone_private": "1" * 41}]
)
def test_a_record_of_another_shape_tells_nothing(hospital: Hospital, data: object) -> None:
    certificate = reload(hospital, shelve(hospital.organisation, tag(), 60, contact_data=data).pk)
    with acting_for([hospital.organisation.pk], as_platform=True):
        assert plan_renewal(certificate, now=now()).contact == KnownContact()


def test_two_possible_holders_are_a_choice(hospital: Hospital) -> None:
    certificate = reload(hospital, shelve(hospital.organisation, tag(), 60, contact_data=RECORD).pk)
    other = colleague(hospital)
    with pytest.raises(RenewalIncomplete) as refused:
        renew(hospital, certificate)
    assert refused.value.extra == {"field": "holder_id"}
    made = renew(hospital, certificate, wish(hospital, holder_id=other.pk))
    assert (made.holder, made.state) == (other, S.AWAITING_DEVICE)


def test_without_a_workstation_it_waits_for_one(hospital: Hospital) -> None:
    certificate = known(hospital)
    assert outcome(hospital, certificate) is R.NO_WORKSTATION
    assert renew(hospital, certificate).state == S.AWAITING_DEVICE


def test_obstacles_around_the_holder(hospital: Hospital) -> None:
    device(hospital)
    certificate = known(hospital)
    with acting_for([hospital.organisation.pk], as_platform=True):
        Mandate.objects.filter(pk=hospital.mandate.pk).update(ends_on=date(2024, 1, 1))
    assert outcome(hospital, certificate) is R.MANDATE_ENDED
    with pytest.raises(RenewalIncomplete):
        renew(hospital, certificate)
    with pytest.raises(HolderWithoutMandate):
        renew(hospital, certificate, wish(hospital))
    with acting_for([hospital.organisation.pk], as_platform=True):
        Person.objects.filter(pk=hospital.holder.pk).update(left_on=date(2026, 1, 1))
    assert outcome(hospital, certificate) is R.NOBODY_MANDATED
    other = colleague(hospital)
    assert outcome(hospital, certificate) is R.HOLDER_LEFT
    assert renew(hospital, certificate, wish(hospital, holder_id=other.pk)).holder == other


@pytest.mark.parametrize(
    ("fields", "code"),
    [
        ({"not_after": now() + timedelta(days=200)}, R.TOO_EARLY),
        ({"replaceable_from": now() + timedelta(days=3)}, R.TOO_EARLY),
        ({"not_after": now() - timedelta(days=1)}, R.EXPIRED),
        ({"revocation_status": "revoked"}, R.REVOKED),
        ({"identifier_value": "0809394427"}, R.NOT_OURS),
        ({"identifier_type": "NIHII-HOSPITAL"}, R.NOT_OURS),
    ],
)
def test_what_no_choice_helps_against_is_refused(
    hospital: Hospital, fields: dict[str, Any], code: RenewalOutcome
) -> None:
    certificate = known(hospital, **fields)
    for given in (None, wish(hospital)):
        with pytest.raises(RenewalRefused) as refused:
            renew(hospital, certificate, given)
        assert refused.value.extra == {"outcome": code.value}


def test_the_governments_earlier_date_opens_the_window(hospital: Hospital) -> None:
    certificate = known(hospital, 200, replaceable_from=now() - timedelta(days=1))
    with acting_for([hospital.organisation.pk], as_platform=True):
        assert list(to_renew(hospital.organisation, now())) == [certificate]
    assert renew(hospital, certificate).replaces_id == certificate.pk


# --- once


def test_one_renewal_at_a_time(hospital: Hospital) -> None:
    certificate = known(hospital)
    first = renew(hospital, certificate)
    with pytest.raises(RenewalRefused) as refused:
        renew(hospital, certificate)
    assert refused.value.extra == {"outcome": "in_progress", "request": str(first.pk)}
    with (
        acting_for([hospital.organisation.pk], as_platform=True),
        pytest.raises(IntegrityError),
        transaction.atomic(),
    ):
        CertificateRequest.objects.create(
            organisation=hospital.organisation, environment="production", identifier=hospital.identifier,
            replaces=certificate, email_private="a@b.be", phone_private="1", holder=hospital.holder,
            requested_by=hospital.administrator, state=S.AWAITING_DEVICE, state_since=now(),
        )  # fmt: skip
    with acting_for([hospital.organisation.pk], as_platform=True):
        CertificateRequest.objects.filter(pk=first.pk).update(state=S.CANCELLED)
    assert renew(hospital, certificate).pk != first.pk, "after the first was given up another may follow"


def test_a_plain_request_for_the_name_holds_the_renewal_back(hospital: Hospital) -> None:
    certificate = known(hospital)
    ask(hospital, S.AWAITING_CERTIFICATE, application_id=certificate.application_id)
    with pytest.raises(RenewalRefused) as refused:
        renew(hospital, certificate)
    assert refused.value.extra == {"outcome": "in_progress"}


@pytest.fixture
def committed(committing: None) -> Hospital:
    """A hospital whose rows other connections see."""
    return make_hospital()


def test_two_clicks_at_once_make_one_renewal(committed: Hospital) -> None:
    certificate = known(committed)
    ready = threading.Barrier(4)
    results: list[object] = []

    def click() -> None:
        try:
            ready.wait(timeout=PATIENCE)
            results.append(renew(committed, certificate).pk)
        except Exception as error:  # the main thread looks at what came
            results.append(error)
        finally:
            connections.close_all()

    threads = [threading.Thread(target=click) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=PATIENCE)
        assert not thread.is_alive()
    refused = [one for one in results if isinstance(one, RenewalRefused)]
    assert len(refused) == 3, results
    assert {one.extra["outcome"] for one in refused} == {"in_progress"}
    with acting_for([committed.organisation.pk], as_platform=True):
        assert CertificateRequest.objects.filter(replaces=certificate).count() == 1


# --- the same name


@pytest.mark.parametrize(("days", "renewable"), [(60, True), (300, False)])
def test_a_plain_request_for_an_active_name_points_to_the_renewal(
    hospital: Hospital, days: int, renewable: bool
) -> None:
    certificate = known(hospital, days)
    with pytest.raises(NameActive) as refused:
        hospital.request(application_id=certificate.application_id)
    assert refused.value.extra == {
        "field": "application_id",
        "certificate": str(certificate.pk),
        "renewable": renewable,
        "renewable_from": certificate.renewable_from.isoformat(),
    }
    assert ("hernieuw" if renewable else "ApplicationId") in str(refused.value.detail)


@pytest.mark.parametrize("fields", [{"revocation_status": "revoked"}, {"not_after": now() - timedelta(hours=1)},
                                    {"environment": "acceptance"}, {"identifier_value": "0809394427"}])  # fmt: skip
def test_a_name_that_is_not_active_is_free(hospital: Hospital, fields: dict[str, Any]) -> None:
    certificate = known(hospital, **fields)
    assert hospital.request(application_id=certificate.application_id).replaces_id is None


def test_another_hospitals_certificate_holds_no_name_back(hospital: Hospital) -> None:
    other = make_hospital(name="Clinique Saint-Roch", ssin="93051822361", first_names="Luc", surname="Dubois")
    certificate = known(other)
    assert hospital.request(application_id=certificate.application_id).state == S.AWAITING_DEVICE


# --- elsewhere, and again


def test_what_was_renewed_elsewhere_is_not_proposed(hospital: Hospital) -> None:
    certificate = known(hospital)
    with acting_for([hospital.organisation.pk], as_platform=True):
        assert list(to_renew(hospital.organisation, now())) == [certificate]
    later = shelve(hospital.organisation, certificate.application_id, 1090)
    assert outcome(hospital, certificate) is R.ALREADY_RENEWED
    with acting_for([hospital.organisation.pk], as_platform=True):
        assert list(to_renew(hospital.organisation, now())) == []
        assert neighbours(certificate) == (None, later)
        assert neighbours(later) == (certificate, None)
        Certificate.objects.filter(pk=later.pk).update(revocation_status="revoked")
        assert list(to_renew(hospital.organisation, now())) == [certificate]
    assert outcome(hospital, certificate) is R.NO_WORKSTATION, (
        "its successor was revoked: it may be renewed again"
    )


def test_a_certificate_that_merely_bears_the_name_takes_nothing_over(hospital: Hospital) -> None:
    certificate = known(hospital)
    forged = shelve(hospital.organisation, certificate.application_id, 1090, chain_trusted=False)
    assert outcome(hospital, certificate) is R.NO_WORKSTATION
    with acting_for([hospital.organisation.pk], as_platform=True):
        assert list(to_renew(hospital.organisation, now())) == [certificate]
        assert neighbours(certificate) == (None, None)
        assert neighbours(forged) == (None, None)
        assert unconfirmed_switches(hospital.organisation, now()) == []
        assert not has_another(certificate, now())
    lonely = shelve(hospital.organisation, tag(), 1090, chain_trusted=False)
    assert hospital.request(application_id=lonely.application_id).state == S.AWAITING_DEVICE


def test_the_same_name_in_the_other_environment_is_another(hospital: Hospital) -> None:
    certificate = known(hospital)
    shelve(hospital.organisation, certificate.application_id, 1090, environment=Environment.ACCEPTANCE)
    with acting_for([hospital.organisation.pk], as_platform=True):
        assert list(to_renew(hospital.organisation, now())) == [certificate]


def test_plans_of_many_take_as_many_queries_as_of_one(
    hospital: Hospital, django_assert_num_queries: Any
) -> None:
    device(hospital)
    certificates = [known(hospital, 10 + index) for index in range(8)]
    renew(hospital, certificates[0])
    with acting_for([hospital.organisation.pk], as_platform=True), django_assert_num_queries(6):
        plans = plan_renewals(hospital.organisation, certificates, now=now())
    assert [plans[one.pk].outcome for one in certificates] == [R.IN_PROGRESS, *[R.RENEWABLE] * 7]


# --- the whole way


def near_its_end(
    hospital: Hospital, government: SandboxProcess, application_id: str, days: float = 1030
) -> Certificate:
    """A certificate that the government issued so many days ago, taken into the inventory."""
    since = (now() - timedelta(days=days)).replace(microsecond=0)
    order = {
        "environment": "production",
        "identifier": {"type": "CBE", "value": hospital.identifier.value},
        "name": hospital.organisation.name,
        "application_id": application_id,
        "not_before": since.isoformat(),
    }
    issued = government.control_post("/control/issue", order)
    der = x509.load_pem_x509_certificate(issued["pem"].encode()).public_bytes(Encoding.DER)
    with acting_for([hospital.organisation.pk], as_platform=True):
        certificate, _ = add_certificate(
            hospital.organisation, read_certificate(der), environment=Environment.PRODUCTION, chain=(),
            chain_trusted=True, source="imported", actor=PLATFORM, now=now(),
        )  # fmt: skip
    return certificate


def test_a_renewal_ends_with_two_certificates_side_by_side(
    hospital: Hospital, holder: Holder, government: SandboxProcess
) -> None:
    enrolled(holder)
    old = near_its_end(hospital, government, tag())
    assert outcome(hospital, old) is R.RENEWABLE
    request = hospital.step(renew(hospital, old, wish(hospital)))
    assert request.state == S.AWAITING_SIGNATURE, request.problem
    job = holder.job(request.job.pk)
    key = rsa.generate_private_key(65537, 2048)
    assert holder.send(job.id, holder.signed(job.request, key)).status_code == 202
    request = hospital.step(hospital.step(request))
    assert request.state == S.ISSUED, request.problem
    new = request.certificate
    assert new is not None
    assert (request.replaces_id, new.common_name) == (old.pk, old.common_name)
    assert new.public_key_identifier != old.public_key_identifier, "new keys"
    with acting_for([hospital.organisation.pk], as_platform=True):
        assert [one.status(now()).value for one in (old, new)] == ["renewable", "valid"]
        assert neighbours(old) == (None, new)
    assert outcome(hospital, old) is R.ALREADY_RENEWED
    assert outcome(hospital, new) is R.TOO_EARLY


def test_a_lost_key_store_stays_with_the_request(
    hospital: Hospital, holder: Holder, government: SandboxProcess
) -> None:
    enrolled(holder)
    old = near_its_end(hospital, government, tag())
    request = hospital.step(renew(hospital, old, wish(hospital)))
    answer = holder.call("POST", f"/agent/v1/jobs/{request.job.pk}/decline", {"reason": "key_store_lost"})
    assert answer.json() == {"state": "declined"}
    request = hospital.reload(request)
    assert request.state == S.DECLINED
    assert request.problem is not None
    assert request.problem["kind"] == "key_store_lost"
    with pytest.raises(NameActive):
        hospital.request(application_id=old.application_id)
    assert outcome(hospital, old) is R.KEY_STORE_LOST
    again = renew(hospital, old, wish(hospital))
    assert again.replaces_id == old.pk, "the key store may turn up again"
    assert outcome(hospital, old) is R.IN_PROGRESS


def test_another_reason_is_only_recorded(
    hospital: Hospital, holder: Holder, government: SandboxProcess
) -> None:
    enrolled(holder)
    request = hospital.step(hospital.request(application_id=tag()))
    holder.call("POST", f"/agent/v1/jobs/{request.job.pk}/decline", {"reason": "not mine"})
    assert hospital.reload(request).problem is None


def test_a_request_in_progress_is_still_said_for_plain_requests(hospital: Hospital) -> None:
    certificate = known(hospital)
    renew(hospital, certificate)
    with pytest.raises(RequestInProgress):
        hospital.request(application_id=certificate.application_id)
