"""A number that is only claimed ends: the operator declines it with a reason, or its organisation takes it off."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.db import IntegrityError, transaction
from django.test import Client

from certificates.services.reminders.notices import notices_of
from organisations.domain.claims import CAN_DECLINE, CAN_REMOVE, MAY, NumberState, Voucher
from organisations.domain.roles import Role
from organisations.errors import NumberInUse, NumberNotProven
from organisations.models import AuditEvent, Organisation, OrganisationIdentifier
from organisations.services.identifiers import (
    add_identifier,
    prove_identifier,
    remove_identifier,
)
from organisations.services.mandates import give_mandate
from organisations.tenancy import acting_for
from tests.certificates.web.shelf import shelve
from tests.organisations.web.members import member, signed_in
from tests.support.hospital import PLATFORM, Hospital, make_hospital

pytestmark = pytest.mark.django_db
CBE = "0406798006"
REASON = "Dit ondernemingsnummer is van AZ Sint-Elisabeth."
S = NumberState


@pytest.fixture
def ours() -> Hospital:
    """It has proven the number."""
    return make_hospital()


@pytest.fixture
def theirs(ours: Hospital) -> Hospital:
    """Another that writes it down."""
    made = make_hospital(name="Kliniek Twee", cbe="0809394427", ssin="93051822361")
    claim(made)
    return made


@pytest.fixture
def their_administrator(theirs: Hospital) -> Client:
    return signed_in(member(theirs.organisation, Role.ADMINISTRATOR))


def now() -> datetime:
    return datetime.now(UTC)


def claim(hospital: Hospital, value: str = CBE) -> OrganisationIdentifier:
    with acting_for([hospital.organisation.pk], as_platform=True):
        made, _warnings = add_identifier(
            hospital.organisation, type="CBE", value=value, actor=PLATFORM, now=now()
        )
    return made


def number_of(hospital: Hospital, value: str = CBE) -> OrganisationIdentifier:
    with acting_for([hospital.organisation.pk], as_platform=True):
        return OrganisationIdentifier.objects.select_related("organisation").get(
            organisation=hospital.organisation, value=value
        )


def is_listed(hospital: Hospital, value: str = CBE) -> bool:
    with acting_for([hospital.organisation.pk], as_platform=True):
        return OrganisationIdentifier.objects.filter(value=value).exists()


def events(hospital: Hospital, action: str) -> list[tuple[str, dict[str, Any]]]:
    with acting_for([hospital.organisation.pk], as_platform=True):
        found = AuditEvent.objects.filter(organisation=hospital.organisation, action=action)
        return [(one.actor_name, one.details) for one in found]


def declined(hospital: Hospital, reason: str = REASON) -> None:
    call_command(
        "decline_identifier", f"CBE={CBE}", hospital.organisation.name, by="Ward Maes", reason=reason
    )


def notices(hospital: Hospital, at: datetime) -> list[str]:
    with acting_for([hospital.organisation.pk], as_platform=True):
        organisation = Organisation.objects.get(pk=hospital.organisation.pk)
        found = [one for one in notices_of(organisation, at, []) if one.kind in {"declined", "number"}]
        return [one.write(one.readers[0]).text for one in found]


class TestDeclining:
    """The operator says no: both organisations know, and nothing is contested any more."""

    def test_both_records_say_who_and_why(self, ours: Hospital, theirs: Hospital) -> None:
        assert number_of(ours).contested_by == "Kliniek Twee"
        declined(theirs)
        number = number_of(theirs)
        assert (number.state, number.declined_because) == (S.DECLINED, REASON)
        assert events(theirs, "number_declined") == [
            ("Ward Maes", {"identifier": f"CBE={CBE}", "reason": REASON})
        ]
        [(who, details)] = events(ours, "number_declined_elsewhere")
        assert (who, details["other"]) == ("Ward Maes", "Kliniek Twee")
        assert (number_of(ours).contested_at, number_of(ours).contested_by) == (None, "")
        assert number_of(ours).state == S.PROVEN

    def test_the_page_says_it_with_the_reason_and_what_to_do(
        self, theirs: Hospital, their_administrator: Client
    ) -> None:
        declined(theirs)
        page = their_administrator.get("/organisation/").content.decode()
        for said in (REASON, "Declined by the operator", "send the operator a document", "/remove/"):
            assert said in page
        assert (
            "Number declined by the operator"
            in their_administrator.get("/organisation/history/").content.decode()
        )

    def test_the_administrators_are_told_by_letter(self, ours: Hospital, theirs: Hospital) -> None:
        declined(theirs)
        [text] = notices(theirs, now())
        assert REASON in text
        assert notices(theirs, now() + timedelta(days=31)) == [], "by then it is no news"
        assert notices(ours, now()) == [], "nothing waits any more"
        with acting_for([theirs.organisation.pk], as_platform=True):
            assert Organisation.objects.get(pk=theirs.organisation.pk).reminders_due_at <= now()

    def test_it_may_do_nothing(self, theirs: Hospital) -> None:
        declined(theirs)
        assert MAY[S.DECLINED] == set()
        number = number_of(theirs)
        with acting_for([theirs.organisation.pk], as_platform=True), pytest.raises(NumberNotProven):
            give_mandate(
                theirs.organisation, person=theirs.holder, identifier=number, starts_on=now().date(),
                actor=PLATFORM, now=now(),
            )  # fmt: skip

    def test_who_else_waits_stays_named(self, ours: Hospital, theirs: Hospital) -> None:
        third = make_hospital(name="Kliniek Drie", cbe="0635769870", ssin="79092305408")
        claim(third)
        assert number_of(ours).contested_by == "Kliniek Drie"
        declined(third)
        assert number_of(ours).contested_by == "Kliniek Twee"
        declined(theirs)
        assert number_of(ours).contested_at is None

    def test_the_operator_can_still_prove_it_and_nobody_else(self, ours: Hospital, theirs: Hospital) -> None:
        declined(theirs)
        for voucher in (Voucher.GOVERNMENT, Voucher.CERTIFICATE):
            with acting_for([theirs.organisation.pk], as_platform=True):
                assert not prove_identifier(number_of(theirs), voucher, actor=PLATFORM, now=now())
        call_command("prove_identifier", f"CBE={CBE}", "Kliniek Twee", by="Ward Maes")
        number = number_of(theirs)
        assert (number.state, number.declined_at, number.declined_because) == (S.PROVEN, None, "")

    def test_a_later_proof_elsewhere_leaves_it_declined(self) -> None:
        claimant = make_hospital(proven=False)
        declined(claimant)
        other = make_hospital(name="Kliniek Twee", cbe="0809394427", ssin="93051822361")
        with acting_for([other.organisation.pk], as_platform=True):
            assert prove_identifier(claim(other), Voucher.OPERATOR, actor=PLATFORM, now=now())
        assert number_of(claimant).state == S.DECLINED
        assert number_of(other).contested_at is None, "who was told no claims nothing"

    @pytest.mark.parametrize(
        ("by", "reason", "said"),
        [("Ward", "", "Say why"), ("Ward", "x" * 301, "Say why"), ("", REASON, "--by NAME")],
    )
    def test_without_name_or_reason_nothing_is_declined(
        self, theirs: Hospital, by: str, reason: str, said: str
    ) -> None:
        with pytest.raises(CommandError, match=said):
            call_command("decline_identifier", f"CBE={CBE}", "Kliniek Twee", by=by, reason=reason)
        assert number_of(theirs).state == S.WAITING

    def test_what_is_proven_or_declined_is_not_declined(self, ours: Hospital, theirs: Hospital) -> None:
        with pytest.raises(CommandError, match="proven already"):
            declined(ours)
        declined(theirs)
        with pytest.raises(CommandError, match="declined already"):
            declined(theirs)

    def test_it_lists_as_its_sister_does(
        self, ours: Hospital, theirs: Hospital, capsys: pytest.CaptureFixture[str]
    ) -> None:
        call_command("decline_identifier", f"CBE={CBE}")
        assert f"{theirs.organisation.pk}  waiting   Kliniek Twee" in capsys.readouterr().out

    def test_a_national_number_in_the_reason_is_masked(self, theirs: Hospital) -> None:
        declined(theirs, "Gevraagd door 85.07.30-033.28.")
        assert "033.28" not in number_of(theirs).declined_because

    def test_the_database_keeps_state_and_reason_together(self, theirs: Hospital) -> None:
        key = number_of(theirs).pk
        for change in ({"state": S.DECLINED}, {"declined_because": "x"}):
            with (
                acting_for([theirs.organisation.pk], as_platform=True),
                pytest.raises(IntegrityError, match="a_declined_number_has_its_reason"),
                transaction.atomic(),
            ):
                OrganisationIdentifier.objects.filter(pk=key).update(**change)


class TestRemoving:
    """The administrator takes off what is only claimed, and only where nothing stands on it."""

    @pytest.mark.parametrize("first", [None, declined])
    def test_it_is_asked_first_and_recorded_on_both_sides(
        self, ours: Hospital, theirs: Hospital, their_administrator: Client, first: Any
    ) -> None:
        if first:
            first(theirs)
        address = f"/organisation/identifiers/{number_of(theirs).pk}/remove/"
        assert address in their_administrator.get("/organisation/").content.decode()
        asked = their_administrator.get(address).content.decode()
        assert CBE in asked
        assert "Back, the number stays" in asked
        assert is_listed(theirs), "asking removes nothing"
        answer = their_administrator.post(address, follow=True)
        assert f"{CBE} was removed." in answer.content.decode()
        assert not is_listed(theirs)
        assert len(events(theirs, "identifier_removed")) == 1
        told = events(ours, "number_removed_elsewhere")
        assert [who for who, _details in told] == ([] if first else ["Kliniek Twee"])
        assert number_of(ours).contested_at is None
        assert claim(theirs).state == S.WAITING, "it is judged anew"

    def test_a_proven_number_stays(self, ours: Hospital) -> None:
        administrator = signed_in(member(ours.organisation, Role.ADMINISTRATOR))
        number = number_of(ours)
        assert "/remove/" not in administrator.get("/organisation/").content.decode()
        answer = administrator.post(
            f"/organisation/identifiers/{number.pk}/remove/", follow=True
        ).content.decode()
        assert "Nothing was done: this was changed since your page was shown." in answer
        with pytest.raises(NumberInUse):
            remove_identifier(number, actor=PLATFORM, now=now())
        assert is_listed(ours)

    def test_a_number_with_a_mandate_stays(self) -> None:
        claimant = make_hospital(proven=False)
        administrator = signed_in(member(claimant.organisation, Role.ADMINISTRATOR))
        address = f"/organisation/identifiers/{number_of(claimant).pk}/remove/"
        answer = administrator.post(address, follow=True).content.decode()
        assert "This number stays" in answer
        assert is_listed(claimant)
        assert events(claimant, "identifier_removed") == []

    def test_a_number_with_a_request_stays(self, theirs: Hospital) -> None:
        fresh = claim(theirs, "0635769870")
        request = theirs.request(now=now())
        with acting_for([theirs.organisation.pk], as_platform=True):
            type(request).objects.filter(pk=request.pk).update(identifier=fresh)
        administrator = signed_in(member(theirs.organisation, Role.ADMINISTRATOR))
        answer = administrator.post(f"/organisation/identifiers/{fresh.pk}/remove/", follow=True)
        assert "This number stays" in answer.content.decode()
        assert is_listed(theirs, "0635769870")

    def test_a_number_with_a_certificate_stays(self, ours: Hospital, theirs: Hospital) -> None:
        shelve(theirs.organisation, "EHBOX", 300)
        with pytest.raises(NumberInUse), acting_for([theirs.organisation.pk], as_platform=True):
            remove_identifier(number_of(theirs), actor=PLATFORM, now=now())
        assert is_listed(theirs)

    def test_only_an_administrator_of_the_own_organisation(self, ours: Hospital, theirs: Hospital) -> None:
        address = f"/organisation/identifiers/{number_of(theirs).pk}/remove/"
        viewer = signed_in(member(theirs.organisation, Role.VIEWER))
        stranger = signed_in(member(ours.organisation, Role.ADMINISTRATOR))
        for client, status in ((viewer, 403), (stranger, 404)):
            assert client.get(address).status_code == status
            assert client.post(address).status_code == status
        assert is_listed(theirs)

    def test_the_table_says_what_can_end(self) -> None:
        assert {S.CLAIMED, S.WAITING} == CAN_DECLINE
        assert set(S) - {S.PROVEN} == CAN_REMOVE
