"""A care provider's own certificate: its way, and every door through which somebody else might see it."""

from datetime import UTC, datetime, timedelta

import pytest

from certificates.domain.lifecycle import RequestState
from certificates.errors.requests import RequestInProgress, RequestRefused
from certificates.models import (
    Certificate,
    CertificateRequest,
)
from organisations.models import AuditEvent
from organisations.tenancy import acting_for
from tests.certificates.own.conftest import clear_register
from tests.organisations.web.members import signed_in
from tests.support.holder import Holder
from tests.support.hospital import Hospital
from tests.support.provider import SSIN, Provider
from tests.support.sandbox import SandboxProcess


def test_from_wish_to_inventory(
    government: SandboxProcess, provider: Provider, desk: Holder, hers: Certificate
) -> None:
    assert hers.identifier_type == "SSIN"
    assert hers.ssin_index == provider.person.ssin_index
    assert (hers.owner, hers.private_to_id, hers.shared_at) == (provider.person, provider.user.pk, None)
    assert SSIN not in hers.subject + hers.common_name + hers.search_text
    with acting_for([provider.hospital.organisation.pk], as_platform=True):
        request = CertificateRequest.objects.get(certificate=hers)
        events = list(AuditEvent.objects.filter(subject_id__in=[hers.pk, request.pk]))
    assert SSIN not in request.contract_dn
    assert {one.private_to_id for one in events} == {provider.user.pk}
    assert {"request_made", "request_signed", "request_issued", "certificate_requested"} <= {
        one.action for one in events
    }
    assert SSIN not in str([one.details for one in events])


def test_the_workstation_is_told_that_it_is_hers(
    government: SandboxProcess, provider: Provider, desk: Holder
) -> None:
    clear_register(government)
    request = provider.hospital.step(provider.request())
    document = desk.job(request.job.pk)
    assert document.organisation.name == "Sofie Janssens"
    assert (document.organisation.identifier.type, document.organisation.identifier.value) == ("SSIN", SSIN)
    [line] = [one for one in desk.jobs() if one["id"] == request.job.pk]
    assert SSIN not in str(line)


def test_who_is_no_care_provider_is_told_so(
    government: SandboxProcess, hospital: Hospital, holder: Holder
) -> None:
    """An Peeters holds mandates and no quality: the government refuses the contract."""
    assert holder.enrol().status_code == 201
    an = Provider(hospital, hospital.holder_user, hospital.holder)
    request = hospital.step(an.request())
    assert request.state == RequestState.REJECTED
    client = signed_in(hospital.holder_user)
    page = client.get(f"/requests/{request.pk}/").content.decode()
    assert "SIGNER_NOT_AUTHORIZED" in page
    assert "hoedanigheid" in page


def test_only_the_person_asks_and_only_once(provider: Provider, hospital: Hospital) -> None:
    for other in (hospital.administrator, hospital.holder_user):
        with pytest.raises(RequestRefused):
            provider.request(by=other)
    provider.request()
    with pytest.raises(RequestInProgress):
        provider.request()


def test_a_second_one_waits_for_the_window(provider: Provider, hers: Certificate) -> None:
    with pytest.raises(RequestRefused):
        provider.request()
    with pytest.raises(RequestRefused, match="request_refused"):
        provider.request(replaces_id=hers.pk)
    late = hers.not_after - timedelta(days=20)
    with acting_for([provider.hospital.organisation.pk], as_platform=True):
        Certificate.objects.filter(pk=hers.pk).update(replaceable_from=late - timedelta(days=1))
    request = provider.request(replaces_id=hers.pk, now=late)
    assert request.replaces_id == hers.pk
    with acting_for([provider.hospital.organisation.pk], as_platform=True):
        CertificateRequest.objects.filter(pk=request.pk).delete()
    with pytest.raises(RequestRefused):
        provider.request(replaces_id=hers.pk, now=hers.not_after + timedelta(days=1))


def test_a_mandate_is_no_quality_and_a_leaver_signs_nothing(
    government: SandboxProcess, provider: Provider, desk: Holder
) -> None:
    clear_register(government)
    request = provider.hospital.step(provider.request())
    job = desk.job(request.job.pk)
    with acting_for([provider.hospital.organisation.pk], as_platform=True):
        provider.person.left_on = datetime.now(UTC).date()
        provider.person.save(update_fields=["left_on"])
    sent = desk.send(job.id, desk.signed(job.request))
    assert sent.status_code in (404, 409)


def test_the_form_asks_and_renews(government: SandboxProcess, provider: Provider) -> None:
    sofie = signed_in(provider.user)
    form = {
        "environment": "production",
        "email_private": "sofie@janssens.example",
        "phone_private": "+32 470 00 00 00",
    }
    refused = sofie.post("/own/new/", form | {"email_private": "nobody"})
    assert refused.status_code == 422
    made = sofie.post("/own/new/", form)
    assert made.status_code == 302
    page = sofie.get(made["Location"]).content.decode()
    assert "Sofie Janssens" in page
    request_page = sofie.get(made["Location"].replace("/sign/", "/requests/")).content.decode()
    assert "Cancel this request" in request_page
    sofie.post(made["Location"].replace("/sign/", "/requests/") + "cancel")
    with acting_for([provider.hospital.organisation.pk], as_platform=True):
        assert CertificateRequest.objects.get(personal=True).state == RequestState.CANCELLED


def test_what_is_private_ends_unseen_when_its_owner_leaves(provider: Provider) -> None:
    request, hospital = provider.request(), provider.hospital
    els = signed_in(hospital.administrator)
    page = f"/organisation/people/{provider.person.pk}/leave/"
    assert str(request.pk) not in els.get(page).content.decode()
    day = datetime.now(UTC).date().isoformat()
    answer = els.post(page, {"left_on": day}, follow=True).content.decode()
    assert "1 request was withdrawn" not in answer
    assert "1 aanvraag" not in answer
    assert hospital.reload(request).state == RequestState.CANCELLED
