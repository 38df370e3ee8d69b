"""A number is proven by what vouches for it from outside, and by nothing else."""

from datetime import UTC, datetime
from importlib import import_module
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.db import connection

from certificates.domain.lifecycle import Environment, RequestState
from certificates.models import AgentJob, CertificateRequest
from certificates.models.job import JobState
from organisations.domain.claims import CAN_PROVE, MAY, NumberState, Use, Voucher
from organisations.models import AuditEvent, Device, DeviceLink, OrganisationIdentifier
from organisations.services.identifiers import add_identifier
from organisations.services.people import add_person
from organisations.tenancy import acting_for, organisations_of_device
from tests.certificates.installations.test_reports import entry, send
from tests.certificates.stages import enrolled, registered, when_due
from tests.certificates.web.shelf import shelve
from tests.support.holder import Holder, b64, issue_identity
from tests.support.hospital import PLATFORM, Hospital, make_hospital
from tests.support.questions import ask, infos, qualities
from tests.support.sandbox import SandboxProcess

pytestmark = pytest.mark.django_db
S = NumberState


@pytest.fixture
def hospital() -> Hospital:
    return make_hospital(proven=False)


@pytest.fixture
def holder(government: SandboxProcess) -> Holder:
    return Holder(issue_identity(government.state, "85073003328", "An Marie", "Peeters"))


def number_of(hospital: Hospital) -> OrganisationIdentifier:
    with acting_for([hospital.organisation.pk], as_platform=True):
        return OrganisationIdentifier.objects.get(organisation=hospital.organisation, value="0406798006")


def proofs(hospital: Hospital) -> list[tuple[str, str, Any]]:
    with acting_for([hospital.organisation.pk], as_platform=True):
        found = AuditEvent.objects.filter(organisation=hospital.organisation, action="number_proven")
        return [(one.actor_type, one.actor_name, one.details["voucher"]) for one in found]


def other_claimant() -> Hospital:
    other = make_hospital(name="Kliniek Twee", cbe="0809394427", ssin="93051822361")
    with acting_for([other.organisation.pk], as_platform=True):
        add_identifier(
            other.organisation, type="CBE", value="0406798006", actor=PLATFORM, now=datetime.now(UTC)
        )
    return other


def test_the_table_says_all_of_each_state() -> None:
    assert set(MAY) == set(S)
    assert MAY[S.PROVEN] == set(Use)
    assert MAY[S.WAITING] == set()
    assert Use.INSTALLATIONS not in MAY[S.CLAIMED]
    assert [voucher for voucher in Voucher if S.WAITING in CAN_PROVE[voucher]] == [Voucher.OPERATOR]


@pytest.mark.parametrize(
    ("environment", "state"), [(Environment.PRODUCTION, S.PROVEN), (Environment.ACCEPTANCE, S.CLAIMED)]
)
def test_a_delivered_certificate_vouches(
    hospital: Hospital, holder: Holder, environment: Environment, state: NumberState
) -> None:
    assert number_of(hospital).state == S.CLAIMED
    request = registered(hospital, holder, environment=environment)
    assert number_of(hospital).state == S.CLAIMED, "a request alone proves nothing"
    assert when_due(hospital, request).state == RequestState.ISSUED
    assert number_of(hospital).state == state
    expected = [("platform", "ehportal", "certificate")] if state == S.PROVEN else []
    assert proofs(hospital) == expected


def test_an_imported_certificate_vouches_for_nothing(hospital: Hospital, holder: Holder) -> None:
    certificate = shelve(hospital.organisation, "EHBOX", 300)
    assert number_of(hospital).state == S.CLAIMED
    assert send(enrolled(holder), entry("a.p12", certificate)) == (0, 1, 0), (
        "it tells nothing of installations"
    )


def test_what_was_found_before_is_not_called_gone_while_the_number_is_only_claimed(
    hospital: Hospital, holder: Holder
) -> None:
    certificate = shelve(hospital.organisation, "EHBOX", 300)
    enrolled(holder)
    with acting_for([hospital.organisation.pk], as_platform=True):
        OrganisationIdentifier.objects.update(
            state=S.PROVEN, proven_by=Voucher.OPERATOR, proven_at=datetime.now(UTC)
        )
    assert send(holder, entry("a.p12", certificate), entry("b.p12", certificate)) == (2, 0, 0)
    with acting_for([hospital.organisation.pk], as_platform=True):
        OrganisationIdentifier.objects.update(state=S.CLAIMED, proven_by="", proven_at=None)
    assert send(holder, entry("a.p12", certificate)) == (0, 1, 1), "only the other file has gone"


def test_the_government_vouches_where_the_holders_workstation_works(
    hospital: Hospital, holder: Holder
) -> None:
    inquiry = ask(hospital)
    enrolled(holder)
    body = {"qualities": b64(qualities(holder.identity)), "certificates": b64(infos(holder.identity))}
    answer = holder.call("POST", f"/agent/v1/jobs/{inquiry.job.pk}/records", body)
    assert answer.status_code == 200, answer.content
    assert number_of(hospital).state == S.PROVEN
    assert proofs(hospital) == [("device", "An Marie Peeters", "government")]


def test_who_claimed_it_too_waits_once_it_is_proven(hospital: Hospital, holder: Holder) -> None:
    other = other_claimant()
    assert number_of(other).state == S.CLAIMED
    when_due(hospital, registered(hospital, holder))
    assert (number_of(hospital).state, number_of(other).state) == (S.PROVEN, S.WAITING)
    assert number_of(hospital).contested_by == "Kliniek Twee"


def test_the_operator_lists_and_decides(hospital: Hospital, capsys: pytest.CaptureFixture[str]) -> None:
    other = other_claimant()
    call_command("prove_identifier", "CBE=0406798006", hospital.organisation.name, by="Ward Maes")
    assert proofs(hospital) == [("operator", "Ward Maes", "operator")]
    capsys.readouterr()
    call_command("prove_identifier", "CBE=0406798006")
    listed = capsys.readouterr().out
    assert f"{hospital.organisation.pk}  proven    {hospital.organisation.name}" in listed
    assert f"{other.organisation.pk}  waiting   Kliniek Twee" in listed
    call_command("prove_identifier", "CBE=0406798006", str(other.organisation.pk), by="Ward Maes")
    assert number_of(other).state == S.PROVEN
    assert number_of(hospital).contested_at is None
    with acting_for([hospital.organisation.pk], as_platform=True):
        told = AuditEvent.objects.get(action="number_proven_elsewhere")
    assert (told.actor_name, told.details["other"]) == ("Ward Maes", "Kliniek Twee")


@pytest.mark.parametrize(
    ("words", "by", "said"),
    [
        (("CBE=0406798006", "Niemand"), "Ward", "0 organisations"),
        (("CBE=0999999922",), "Ward", "No organisation wrote down"),
        (("nonsense",), "Ward", "No organisation wrote down"),
        (("CBE=0406798006", "AZ Sint-Elisabeth Maasdal"), " ", "--by NAME"),
    ],
)
def test_what_the_operator_mistypes_proves_nothing(
    hospital: Hospital, words: tuple[str, ...], by: str, said: str
) -> None:
    with pytest.raises(CommandError, match=said):
        call_command("prove_identifier", *words, by=by)
    assert number_of(hospital).state == S.CLAIMED


def run_older_rows_migration(*hospitals: Hospital) -> None:
    """Run it as the web role with everybody named: the rows of a test are seen by no other connection."""
    migration = import_module("certificates.migrations.0021_what_was_proven")
    with (
        acting_for([one.organisation.pk for one in hospitals], as_platform=True),
        connection.cursor() as cursor,
    ):
        cursor.execute(migration.LINKS)
        cursor.execute(migration.NUMBERS)


def test_older_workstations_go_on_where_they_worked_in_earnest(hospital: Hospital, holder: Holder) -> None:
    request = when_due(hospital, registered(hospital, holder))
    claimant = make_hospital(name="Vreemd", cbe="0809394427", ssin="93051822361", proven=False)
    with acting_for([claimant.organisation.pk], as_platform=True):
        add_person(
            claimant.organisation, first_names="An", name="Peeters", ssin="85073003328",
            actor=PLATFORM, now=datetime.now(UTC),
        )  # fmt: skip
    device = Device.objects.get(thumbprint=holder.thumbprint)
    with acting_for([hospital.organisation.pk], as_platform=True):
        DeviceLink.objects.all().delete()
        OrganisationIdentifier.objects.update(state=S.CLAIMED, proven_at=None, proven_by="")
        assert AgentJob.objects.get(request=request).state == JobState.SIGNED
        assert CertificateRequest.objects.get(pk=request.pk).certificate is not None
    run_older_rows_migration(hospital, claimant)
    assert organisations_of_device(device.pk) == [hospital.organisation.pk]
    assert number_of(hospital).state == S.PROVEN
    assert number_of(hospital).proven_by == Voucher.CERTIFICATE
    run_older_rows_migration(hospital, claimant)
    assert organisations_of_device(device.pk) == [hospital.organisation.pk], "twice is once"


def test_an_older_workstation_that_signed_nothing_goes_on_where_nobody_else_knows_the_card(
    hospital: Hospital, holder: Holder
) -> None:
    assert holder.enrol(agree=False).status_code == 201
    device = Device.objects.get(thumbprint=holder.thumbprint)
    run_older_rows_migration(hospital)
    assert organisations_of_device(device.pk) == [hospital.organisation.pk]
    assert number_of(hospital).state == S.CLAIMED
