"""Pages of the government's records: asking, waiting, deciding; everybody sees what is theirs."""

from datetime import UTC, datetime, timedelta

import pytest
from django.test import Client

from certificates.domain.lifecycle import Environment
from certificates.errors.records import RecordsRefused
from certificates.models import Certificate, RecordsInquiry
from certificates.models.records import ProposalKind, ProposalState
from organisations.domain.roles import Role
from organisations.models import Mandate
from organisations.tenancy import acting_for
from tests.certificates.foreigners.stages import make_foreigner
from tests.certificates.web.records.shelf import answered
from tests.organisations.web.members import member, own_queries, signed_in
from tests.support.hospital import Hospital
from tests.support.questions import ask


def states(inquiry: RecordsInquiry) -> dict[str, str]:
    with acting_for([inquiry.organisation_id], as_platform=True):
        return dict(inquiry.proposals.values_list("kind", "state"))


def test_an_administrator_asks_with_somebodys_card(administrator: Client, hospital: Hospital) -> None:
    form = {"holder_id": str(hospital.holder.pk), "environment": "acceptance"}
    made = administrator.post("/records/", form)
    with acting_for([hospital.organisation.pk], as_platform=True):
        inquiry = RecordsInquiry.objects.select_related("job").get()
    assert made["Location"] == f"/records/{inquiry.pk}/"
    assert (inquiry.environment, inquiry.holder_id) == ("acceptance", hospital.holder.pk)
    again = administrator.post("/records/", form)
    assert again["Location"] == made["Location"], "one inquiry waits, not two"
    page = administrator.get(f"/records/{inquiry.pk}/").content.decode()
    assert "An Marie Peeters must sign this" in page
    assert inquiry.job.pk not in page


def test_the_holder_gets_the_button_and_only_asks_with_the_own_card(
    holder_client: Client, hospital: Hospital
) -> None:
    with acting_for([hospital.organisation.pk], as_platform=True):
        from organisations.services.people import add_person
        from tests.support.hospital import PLATFORM

        other = add_person(
            hospital.organisation,
            first_names="Sofie",
            name="Janssens",
            ssin="00010100105",
            actor=PLATFORM,
            now=datetime.now(UTC),
        )
    refused = holder_client.post("/records/", {"holder_id": str(other.pk), "environment": "production"})
    assert refused.status_code == 422
    made = holder_client.post(
        "/records/", {"holder_id": str(hospital.holder.pk), "environment": "production"}
    )
    page = holder_client.get(made["Location"]).content.decode()
    assert "ehportal://run/" in page
    assert made["Location"] in holder_client.get("/sign/").content.decode()
    others = ask(hospital, holder=other)
    assert holder_client.get(f"/records/{others.pk}/").status_code == 404
    assert str(others.pk) not in holder_client.get("/records/").content.decode()


def test_who_can_have_no_card_is_not_asked_for_it(administrator: Client, hospital: Hospital) -> None:
    foreigner = make_foreigner(hospital).person
    page = administrator.get("/records/").content.decode()
    assert str(hospital.holder.pk) in page
    assert str(foreigner.pk) not in page
    form = {"holder_id": str(foreigner.pk), "environment": "production"}
    assert administrator.post("/records/", form).status_code == 422
    with pytest.raises(RecordsRefused):
        ask(hospital, holder=foreigner)


def test_who_neither_requests_nor_signs_sees_nothing(viewer: Client, hospital: Hospital) -> None:
    inquiry = answered(hospital)
    assert viewer.get("/records/").status_code == 403
    assert viewer.get(f"/records/{inquiry.pk}/").status_code == 403
    assert viewer.post(f"/records/{inquiry.pk}/decide", {"deed": "accept-all"}).status_code == 403
    assert "/records/" not in viewer.get("/certificates/").content.decode()


@pytest.mark.parametrize(
    ("method", "address"),
    [
        ("get", "/records/{}/"),
        ("get", "/records/{}/status"),
        ("post", "/records/{}/cancel"),
        ("post", "/records/{}/decide"),
    ],
)
def test_another_tenants_inquiry_is_not_found(
    stranger: Client, client: Client, hospital: Hospital, method: str, address: str
) -> None:
    inquiry = answered(hospital)
    assert getattr(stranger, method)(address.format(inquiry.pk)).status_code == 404
    assert getattr(client, method)(address.format(inquiry.pk)).status_code == 302
    assert states(inquiry)["new_mandate"] == ProposalState.OPEN


def test_pages_cost_the_same_however_much_there_is(administrator: Client, hospital: Hospital) -> None:
    few, many = answered(hospital), answered(hospital, certificates=120)
    for inquiry in (few, many):
        answer, made = own_queries(administrator, f"/records/{inquiry.pk}/")
        assert (answer.status_code, made) == (200, 3)
    answer, made = own_queries(administrator, "/records/")
    assert (answer.status_code, made) == (200, 3)
    first = administrator.get(f"/records/{many.pk}/").content.decode()
    assert first.count('name="proposal"') == 100
    cursor = first.split("?after=")[1].split('"')[0]
    second = administrator.get(f"/records/{many.pk}/", {"after": cursor}).content.decode()
    assert second.count('name="proposal"') == 23


def test_both_sides_and_unknown_words_are_shown(administrator: Client, hospital: Hospital) -> None:
    page = administrator.get(f"/records/{answered(hospital).pk}/").content.decode()
    for text in ("oud@maasdal.example", "nieuw@maasdal.example", "SUSPENDED", "brandnew", "New number"):
        assert text in page


def test_what_becomes_of_a_revocation_that_the_record_takes_back(
    administrator: Client, hospital: Hospital
) -> None:
    inquiry = answered(hospital)
    with acting_for([hospital.organisation.pk], as_platform=True):
        row = inquiry.proposals.get(kind=ProposalKind.DIFFERENCE)
        row.facts = row.facts | {"field": "status", "here": "revoked", "government": "VALID_ACTIVE"}
        row.save()
        page = administrator.get(f"/records/{inquiry.pk}/").content.decode()
        assert "taken over where it is ticked" in page
        assert "Take over all 2" in page
        row.facts["acceptable"] = False
        row.save()
    page = administrator.get(f"/records/{inquiry.pk}/").content.decode()
    assert "never becomes valid again" in page
    assert "Nothing to take over" in page


def test_one_by_one_then_the_rest(administrator: Client, hospital: Hospital) -> None:
    inquiry = answered(hospital)
    with acting_for([hospital.organisation.pk], as_platform=True):
        gone = inquiry.proposals.get(kind=ProposalKind.MANDATE_GONE)
        difference = inquiry.proposals.get(kind=ProposalKind.DIFFERENCE)
    address = f"/records/{inquiry.pk}/decide"
    page = administrator.post(address, {"deed": "dismiss", "proposal": str(gone.pk)}, follow=True)
    assert "1 was left as it is." in page.content.decode()
    administrator.post(address, {"deed": "accept", "proposal": [str(difference.pk), "no id"]})
    assert states(inquiry) == {
        "new_mandate": "open",
        "mandate_gone": "dismissed",
        "new_certificate": "open",
        "difference": "accepted",
    }
    with acting_for([hospital.organisation.pk], as_platform=True):
        kept = Certificate.objects.get(pk=str(difference.certificate_id)).contact_data
        assert kept is not None
        assert kept["email_private"] == "nieuw@maasdal.example"
        assert Mandate.objects.get(pk=hospital.mandate.pk).withdrawn_on is None
    page = administrator.post(address, {"deed": "accept-all"}, follow=True)
    assert "2 were taken over." in page.content.decode()
    assert set(states(inquiry).values()) == {"accepted", "dismissed"}
    page = administrator.post(address, {"deed": "accept-all"}, follow=True)
    assert "Nothing was ticked" in page.content.decode()
    assert administrator.post(address, {"deed": "everything"}).status_code == 400
    found = administrator.get("/certificates/", {"q": "new0"}).content.decode()
    assert "CBE=0406798006, NEW0" in found


def test_a_mandate_is_withdrawn_only_where_it_was_ticked(administrator: Client, hospital: Hospital) -> None:
    inquiry = answered(hospital)
    address = f"/records/{inquiry.pk}/decide"
    page = administrator.post(address, {"deed": "accept-all"}, follow=True)
    assert "3 were taken over." in page.content.decode()
    assert states(inquiry)["mandate_gone"] == "open"
    with acting_for([hospital.organisation.pk], as_platform=True):
        assert Mandate.objects.get(pk=hospital.mandate.pk).withdrawn_on is None
        gone = inquiry.proposals.get(kind=ProposalKind.MANDATE_GONE)
    administrator.post(address, {"deed": "accept", "proposal": str(gone.pk)})
    with acting_for([hospital.organisation.pk], as_platform=True):
        assert Mandate.objects.get(pk=hospital.mandate.pk).withdrawn_on is not None
    # Somebody else's page still offers it.
    late = administrator.post(address, {"deed": "dismiss", "proposal": str(gone.pk)}, follow=True)
    assert "Koen Claes: Proposal of the government&#x27;s records taken over" in late.content.decode()
    assert states(inquiry)["mandate_gone"] == "accepted"


def test_proposals_of_another_inquiry_are_not_decided_here(
    administrator: Client, hospital: Hospital, other_hospital: Hospital
) -> None:
    here, theirs = answered(hospital), answered(other_hospital)
    with acting_for([other_hospital.organisation.pk], as_platform=True):
        foreign = [str(one.pk) for one in theirs.proposals.all()]
    administrator.post(f"/records/{here.pk}/decide", {"deed": "accept", "proposal": foreign})
    assert set(states(theirs).values()) == {"open"}


def test_the_holder_looks_and_the_administrator_decides(holder_client: Client, hospital: Hospital) -> None:
    inquiry = answered(hospital)
    page = holder_client.get(f"/records/{inquiry.pk}/").content.decode()
    assert 'name="proposal"' not in page
    holder_client.post(f"/records/{inquiry.pk}/decide", {"deed": "accept-all"})
    assert set(states(inquiry).values()) == {"open"}


def test_waiting_is_told_apart_from_news(administrator: Client, hospital: Hospital) -> None:
    inquiry = ask(hospital, environment=Environment.PRODUCTION)
    assert administrator.get(f"/records/{inquiry.pk}/status").status_code == 204
    page = administrator.post(f"/records/{inquiry.pk}/cancel", follow=True).content.decode()
    assert "Nothing will be asked." in page
    news = administrator.get(f"/records/{inquiry.pk}/status")
    assert (news.status_code, news["HX-Refresh"]) == (286, "true")
    page = administrator.post(f"/records/{inquiry.pk}/cancel", follow=True).content.decode()
    assert "can no longer be cancelled" in page


def test_an_empty_inventory_shows_the_quickest_way(administrator: Client, hospital: Hospital) -> None:
    assert 'href="/records/"' in administrator.get("/certificates/").content.decode()
    assert 'href="/records/"' in administrator.get("/").content.decode()
    member_without = signed_in(member(hospital.organisation, Role.AUDITOR))
    assert 'href="/records/"' not in member_without.get("/").content.decode()


def test_a_question_that_nobody_signed_in_time_is_over(
    administrator: Client, holder_client: Client, hospital: Hospital
) -> None:
    """Its page asks no more whether something changed, says what happened, and a new question can be made."""
    inquiry = ask(hospital, now=datetime.now(UTC) - timedelta(days=31))
    for reader, words in (
        (administrator, "Nobody signed in time"),
        (holder_client, "Niemand heeft op tijd ondertekend"),
    ):
        page = reader.get(f"/records/{inquiry.pk}/").content.decode()
        assert "every 2s" not in page
        assert words in page
        assert "ehportal://run/" not in page
    answer = administrator.get(f"/records/{inquiry.pk}/status")
    assert (answer.status_code, answer["HX-Refresh"]) == (286, "true")
    assert "Nobody signed in time" in administrator.get("/records/").content.decode()
    form = {"holder_id": str(hospital.holder.pk), "environment": "production"}
    assert str(inquiry.pk) not in administrator.post("/records/", form)["Location"]


def test_many_refusals_are_summed_up(administrator: Client, hospital: Hospital) -> None:
    inquiry = answered(hospital, certificates=30)
    with acting_for([hospital.organisation.pk], as_platform=True):
        inquiry.proposals.filter(kind=ProposalKind.NEW_CERTIFICATE).update(sealed_certificates=None)
    page = administrator.post(f"/records/{inquiry.pk}/decide", {"deed": "accept-all"}, follow=True)
    text = page.content.decode()
    assert text.count("This cannot be taken over.") == 1
    assert "and 27 more: This cannot be taken over." in text
