"""What people are reminded of by mail, when, and who: over real SMTP."""

from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from pytest_django import DjangoAssertNumQueries, Settings

from certificates.domain.foreign_lifecycle import ForeignState
from certificates.domain.lifecycle import Environment, RequestState
from certificates.domain.papers import PaperKind
from certificates.domain.revocation import RevocationState
from certificates.domain.tokens import TokenState
from certificates.domain.watch.reminders import SWITCH_STEPS, WAITING_STEPS, step_after, step_before
from certificates.models import Certificate, EncryptionToken, ForeignRequest
from certificates.services.reminders.notices import KINDS, notices_of
from organisations.domain.work import Lane
from organisations.models import AuditEvent, Membership, Organisation, Reader, User
from organisations.services.notices.notice import Notice
from organisations.tenancy import acting_for
from tests.certificates.foreigners.stages import make_foreigner
from tests.certificates.papers.test_papers import draft
from tests.certificates.web.foreigners.test_pages import put
from tests.certificates.web.revocations.endings import revoke
from tests.certificates.web.shelf import ask, give_token, shelve
from tests.support.hospital import Hospital, make_hospital
from tests.support.mail_sink import MailSink, receiving_mail
from tests.support.notices import remind_organisation
from tests.support.work import work_off

DAYS = timedelta(days=1)
SAVEPOINTS = 2 * len(KINDS)
"""Each kind is found by itself, between two of these."""


@pytest.fixture
def sink(settings: Settings) -> Iterator[MailSink]:
    with receiving_mail(settings) as made:
        yield made


def now() -> datetime:
    return datetime.now(UTC)


def remind(hospital: Hospital, *, at: datetime | None = None) -> None:
    moment = at or now()
    with acting_for([hospital.organisation.pk], as_platform=True):
        Organisation.objects.filter(pk=hospital.organisation.pk).update(reminders_due_at=moment)
    remind_organisation(hospital.organisation.pk, now=moment)


def found(hospital: Hospital, *, at: datetime | None = None) -> list[Notice]:
    moment = at or now()
    with acting_for([hospital.organisation.pk], as_platform=True):
        notices = notices_of(hospital.organisation, moment, [])
    return [one for one in notices if one.not_before is None or one.not_before <= moment]


def due(hospital: Hospital) -> list[tuple[str, int, set[Reader]]]:
    return [(one.kind, one.step, set(one.readers)) for one in found(hospital)]


def reminders(hospital: Hospital, thing: Any) -> int:
    with acting_for([hospital.organisation.pk], as_platform=True):
        return AuditEvent.objects.filter(subject_id=thing.pk, action="reminder_sent").count()


def waiting(hospital: Hospital, *, days: int = 15, **fields: Any) -> EncryptionToken:
    certificate = shelve(hospital.organisation, "EHBOX", 900, **fields)
    return give_token(certificate, TokenState.WAITING, state_since=now() - days * DAYS)


def own(hospital: Hospital, **fields: Any) -> dict[str, Any]:
    return {
        "identifier_type": "SSIN", "identifier_value": "", "ssin_index": "x" * 64,
        "owner": hospital.holder, "private_to": hospital.holder_user,
    } | fields  # fmt: skip


class TestSteps:
    """The latest step that has passed counts."""

    @pytest.mark.parametrize(
        ("days_left", "step"), [(30, 30), (15, 30), (14, 14), (8, 14), (2, 3), (1, 1), (0, 1), (31, None)]
    )
    def test_on_the_way_to_an_end(self, days_left: int, step: int | None) -> None:
        assert step_before(SWITCH_STEPS, days_left) == step

    @pytest.mark.parametrize(("days", "step"), [(13, None), (14, 14), (27, 14), (28, 28), (400, 56)])
    def test_since_a_beginning(self, days: int, step: int | None) -> None:
        assert step_after(WAITING_STEPS, days * DAYS) == (None if step is None else step * DAYS)


class TestRenewals:
    """A certificate that may be renewed and is not."""

    def test_administrators_hear_of_the_window_and_the_holder_near_the_end(self, hospital: Hospital) -> None:
        shelve(hospital.organisation, "FAR", 200)
        shelve(hospital.organisation, "OPEN", 85)
        shelve(hospital.organisation, "NEAR", 20)
        els, an = hospital.administrator, hospital.holder_user
        assert due(hospital) == [("renewal", 21, {els, an}), ("renewal", 90, {els})]

    def test_the_government_s_own_day_counts(self, hospital: Hospital) -> None:
        shelve(hospital.organisation, "EARLY", 150, replaceable_from=now() - DAYS)
        shelve(hospital.organisation, "LATE", 80, replaceable_from=now() + DAYS)
        assert due(hospital) == [("renewal", 90, {hospital.administrator})]

    def test_each_step_is_told_once(self, hospital: Hospital, sink: MailSink) -> None:
        certificate = shelve(hospital.organisation, "EHBOX", 29)
        for _ in range(2):
            remind(hospital)
        assert len(sink.mails) == 2
        text = sink.text_to(hospital.administrator.email)
        assert "CBE=0406798006, EHBOX eindigt op " in text
        assert f"/certificates/{certificate.pk}/" in text
        assert reminders(hospital, certificate) == 2
        with acting_for([hospital.organisation.pk], as_platform=True):
            Certificate.objects.filter(pk=certificate.pk).update(not_after=now() + 13 * DAYS)
        remind(hospital, at=now() + DAYS)
        assert len(sink.mails) == 4

    def test_each_reads_the_own_language(self, hospital: Hospital, sink: MailSink) -> None:
        User.objects.filter(pk=hospital.administrator.pk).update(language="fr")
        User.objects.filter(pk=hospital.holder_user.pk).update(language="de")
        shelve(hospital.organisation, "EHBOX", 20, environment=Environment.ACCEPTANCE)
        remind(hospital)
        french = sink.text_to(hospital.administrator.email)
        german = sink.text_to(hospital.holder_user.email)
        assert "se termine le " in french
        assert "environnement d’acceptation" in french
        assert "endet am " in german
        html = sink.text_to(hospital.administrator.email, "html")
        assert '<html lang="fr">' in html
        assert "se termine le " in html

    @pytest.mark.parametrize("state", [RequestState.AWAITING_SIGNATURE, RequestState.AWAITING_DEVICE])
    def test_a_renewal_that_does_not_get_on(
        self, hospital: Hospital, sink: MailSink, state: RequestState
    ) -> None:
        certificate = shelve(hospital.organisation, "EHBOX", 20)
        request = ask(hospital, state, application_id="EHBOX", replaces=certificate)
        remind(hospital)
        els, an = (sink.text_to(one.email) for one in (hospital.administrator, hospital.holder_user))
        assert f"/requests/{request.pk}/" in els
        signs = state is RequestState.AWAITING_SIGNATURE
        assert (f"/sign/{request.pk}/" in an) == signs
        assert ("wacht op de handtekening van" in els) == signs

    def test_a_renewal_on_its_way_is_left_alone_while_there_is_time(self, hospital: Hospital) -> None:
        certificate = shelve(hospital.organisation, "EHBOX", 60)
        ask(
            hospital, RequestState.AWAITING_SIGNATURE, application_id="EHBOX", replaces=certificate,
            state_since=now() - DAYS,
        )  # fmt: skip
        assert due(hospital) == [("signature", 0, {hospital.holder_user})], "the first letter, no more"

    def test_what_ended_was_revoked_or_renewed_is_over(self, hospital: Hospital) -> None:
        shelve(hospital.organisation, "ENDED", -2)
        shelve(hospital.organisation, "DEAD", 20, revocation_status="revoked")
        shelve(hospital.organisation, "OLD", 60)
        shelve(hospital.organisation, "OLD", 1000)
        assert due(hospital) == []

    def test_a_private_certificate_is_told_to_its_owner_alone(
        self, hospital: Hospital, sink: MailSink
    ) -> None:
        certificate = shelve(hospital.organisation, "", 20, **own(hospital))
        assert due(hospital) == [("renewal", 21, {hospital.holder_user})]
        remind(hospital)
        assert "/own/" in sink.text_to(hospital.holder_user.email)
        with acting_for([hospital.organisation.pk], user=hospital.administrator.pk):
            assert AuditEvent.objects.filter(subject_id=certificate.pk).count() == 0

    def test_an_owner_s_shared_certificate_is_told_to_both(self, hospital: Hospital) -> None:
        shelve(hospital.organisation, "", 20, **own(hospital, private_to=None, shared_at=now()))
        assert due(hospital) == [("renewal", 21, {hospital.holder_user, hospital.administrator})]

    def test_each_reads_who_starts_it(self, hospital: Hospital, sink: MailSink) -> None:
        shelve(hospital.organisation, "EHBOX", 20)
        remind(hospital)
        assert "De hernieuwing begint op deze pagina" in sink.text_to(hospital.administrator.email)
        assert "Een beheerder van uw organisatie vraagt ze" in sink.text_to(hospital.holder_user.email)

    def test_a_lost_key_store_is_said(self, hospital: Hospital, sink: MailSink) -> None:
        certificate = shelve(hospital.organisation, "EHBOX", 80)
        problem = {"kind": "key_store_lost", "summary": "", "answers": [], "at": now().isoformat()}
        ask(hospital, RequestState.DECLINED, application_id="EHBOX", replaces=certificate, problem=problem)
        remind(hospital)
        assert "hernieuwd kan worden" not in sink.text_to(hospital.administrator.email)
        assert "gemeld als verloren" in sink.text_to(hospital.administrator.email)

    def test_an_owner_s_renewal_stays_private(self, hospital: Hospital, sink: MailSink) -> None:
        shared = own(hospital, private_to=None, shared_at=now())
        certificate = shelve(hospital.organisation, "", 20, **shared)
        remind(hospital)
        assert "De eigenaar, An Marie Peeters, hernieuwt het" in sink.text_to(hospital.administrator.email)
        ask(
            hospital, RequestState.AWAITING_SIGNATURE, application_id="", replaces=certificate, personal=True,
            identifier=None, private_to=hospital.holder_user, by=hospital.holder_user,
        )  # fmt: skip
        assert due(hospital) == [("unfinished", 21, {hospital.holder_user})]

    def test_who_is_no_member_any_more_is_not_written_to(self, hospital: Hospital) -> None:
        shelve(hospital.organisation, "EHBOX", 20)
        with acting_for([hospital.organisation.pk], as_platform=True):
            Membership.objects.filter(user=hospital.holder_user).delete()
        assert due(hospital) == [("renewal", 21, {hospital.administrator})]

    def test_who_was_closed_out_is_not_written_to(self, hospital: Hospital) -> None:
        shelve(hospital.organisation, "EHBOX", 20)
        User.objects.filter(pk=hospital.holder_user.pk).update(is_active=False)
        assert due(hospital) == [("renewal", 21, {hospital.administrator})]


class TestSignatures:
    """What waits for a holder's card."""

    @pytest.mark.parametrize(("days", "step"), [(0.01, 0), (1, 0), (2, 2), (10, 7), (40, 28)])
    @pytest.mark.parametrize(
        ("state", "kind"),
        [(RequestState.AWAITING_SIGNATURE, "signature"), (RequestState.AWAITING_DEVICE, "device")],
    )
    def test_a_request_is_told_to_its_holder(
        self, hospital: Hospital, days: float, step: int, state: RequestState, kind: str
    ) -> None:
        ask(hospital, state, state_since=now() - days * DAYS)
        assert due(hospital) == [(kind, step * 24, {hospital.holder_user})]

    def test_the_letter_leads_to_the_signing(self, hospital: Hospital, sink: MailSink) -> None:
        request = ask(hospital, RequestState.AWAITING_SIGNATURE, state_since=now() - 3 * DAYS)
        remind(hospital)
        text = sink.text_to(hospital.holder_user.email)
        assert f"/sign/{request.pk}/" in text
        assert "Els Wouters" in text

    def test_a_renewal_near_the_end_is_told_once(self, hospital: Hospital) -> None:
        certificate = shelve(hospital.organisation, "EHBOX", 20)
        ask(
            hospital, RequestState.AWAITING_SIGNATURE, application_id="EHBOX", replaces=certificate,
            state_since=now() - 5 * DAYS,
        )  # fmt: skip
        assert [kind for kind, _step, _to in due(hospital)] == ["unfinished"]

    def test_a_revocation_is_told_to_both(self, hospital: Hospital, sink: MailSink) -> None:
        certificate = shelve(hospital.organisation, "EHBOX", 300)
        waiting = revoke(
            hospital, RevocationState.AWAITING_SIGNATURE, certificate, state_since=now() - 4 * DAYS
        )
        assert due(hospital) == [("revocation", 72, {hospital.holder_user, hospital.administrator})]
        remind(hospital)
        assert f"/revocations/{waiting.pk}/sign/" in sink.text_to(hospital.holder_user.email)
        assert f"/revocations/{waiting.pk}/?" in sink.text_to(hospital.administrator.email)

    def test_what_is_signed_or_over_is_left_alone(self, hospital: Hospital) -> None:
        for state in (RequestState.SIGNED, RequestState.DECLINED, RequestState.CANCELLED):
            ask(hospital, state, state_since=now() - 5 * DAYS)
        assert due(hospital) == []


class TestSwitches:
    """A renewed certificate that may still be in use."""

    def test_it_is_told_near_the_end_until_somebody_confirms(
        self, hospital: Hospital, sink: MailSink
    ) -> None:
        old = shelve(hospital.organisation, "EHBOX", 12)
        shelve(hospital.organisation, "EHBOX", 1000)
        assert due(hospital) == [("switch", 14, {hospital.administrator, hospital.holder_user})]
        remind(hospital)
        assert f"/certificates/{old.pk}/" in sink.text_to(hospital.administrator.email)
        with acting_for([hospital.organisation.pk], as_platform=True):
            Certificate.objects.filter(pk=old.pk).update(switch_confirmed_at=now())
        assert due(hospital) == []

    def test_more_than_the_first_page_shows_are_told(self, hospital: Hospital) -> None:
        for one in range(9):
            shelve(hospital.organisation, f"APP{one}", 12)
            shelve(hospital.organisation, f"APP{one}", 1000)
        assert len(found(hospital)) == 9


class TestTokens:
    """A token that waits for its activation."""

    def test_holder_and_administrator_are_told_in_their_language(
        self, hospital: Hospital, sink: MailSink
    ) -> None:
        User.objects.filter(pk=hospital.administrator.pk).update(language="fr")
        token = waiting(hospital)
        for _ in range(2):
            remind(hospital)
        french, dutch = (sink.text_to(one.email) for one in (hospital.administrator, hospital.holder_user))
        assert "attend depuis 15 jours" in french
        assert "wacht al 15 dagen" in dutch
        assert f"/certificates/{token.certificate_id}/" in dutch
        assert reminders(hospital, token.certificate) == 2

    @pytest.mark.parametrize("state", [TokenState.ACTIVE, TokenState.STARTED, TokenState.REPLACED])
    def test_what_does_not_wait_is_left_alone(self, hospital: Hospital, state: TokenState) -> None:
        give_token(shelve(hospital.organisation, "EHBOX", 900), state, state_since=now() - 20 * DAYS)
        waiting(hospital, days=13)
        waiting(hospital, revocation_status="revoked")
        assert due(hospital) == []

    def test_who_waits_on_is_reminded_again(self, hospital: Hospital) -> None:
        waiting(hospital, days=30)
        assert [(kind, step) for kind, step, _to in due(hospital)] == [("token", 28 * 24)]

    @pytest.mark.parametrize("shared", [False, True])
    def test_an_own_certificate_is_between_its_owner_and_the_government(
        self, hospital: Hospital, shared: bool
    ) -> None:
        how = {"private_to": None, "shared_at": now()} if shared else {}
        waiting(hospital, **own(hospital, **how))
        assert due(hospital) == [("token", 14 * 24, {hospital.holder_user})]

    def test_a_care_provider_s_without_owner_is_told_to_any_holder(self, hospital: Hospital) -> None:
        waiting(hospital, **own(hospital, owner=None, private_to=None))
        assert due(hospital) == [("token", 14 * 24, {hospital.holder_user, hospital.administrator})]


class TestDeadlines:
    """A foreign care provider who has not confirmed yet."""

    @pytest.fixture
    def request_of(self, hospital: Hospital) -> Callable[..., ForeignRequest]:
        def make(
            days_left: float, state: ForeignState = ForeignState.AWAITING_CONFIRMATION
        ) -> ForeignRequest:
            return put(make_foreigner(hospital), state, expires_at=now() + days_left * DAYS)

        return make

    def test_three_days_before_and_when_it_has_passed(
        self, hospital: Hospital, sink: MailSink, request_of: Callable[..., ForeignRequest]
    ) -> None:
        request_of(5)
        near, past = request_of(2), request_of(-1)
        remind(hospital)
        text = sink.text_to(hospital.administrator.email)
        assert f"/foreigners/{near.pk}/" in text
        assert f"/foreigners/{past.pk}/" in text
        assert "om de identiteit te bevestigen" in text
        assert "is voorbij" in text
        assert reminders(hospital, near) == reminders(hospital, past) == 1

    def test_who_is_on_the_way_or_long_over_is_left_alone(
        self, hospital: Hospital, request_of: Callable[..., ForeignRequest]
    ) -> None:
        for state in (ForeignState.AWAITING_CERTIFICATE, ForeignState.CANCELLED):
            request_of(2, state)
        request_of(-11, ForeignState.LAPSED)
        assert due(hospital) == []


def test_papers_that_end_are_told_to_administrators(hospital: Hospital, sink: MailSink) -> None:
    paper = draft(hospital, PaperKind.SOFTWARE_HOUSE)
    assert paper.ends_on is not None
    end = datetime.combine(paper.ends_on, datetime.min.time(), UTC) + timedelta(hours=12)
    assert found(hospital, at=end - 61 * DAYS) == []
    steps = [found(hospital, at=end - days * DAYS)[0].step for days in (60, 15, 14, 2, 0)]
    assert steps == [60, 60, 14, 3, 3]
    assert found(hospital, at=end + DAYS) == []


def test_the_number_of_queries_does_not_grow(
    hospital: Hospital, django_assert_max_num_queries: DjangoAssertNumQueries
) -> None:
    for one in range(12):
        shelve(hospital.organisation, f"APP{one}", 40)
        shelve(hospital.organisation, f"OLD{one}", 20)
        shelve(hospital.organisation, f"OLD{one}", 1000)
        give_token(
            shelve(hospital.organisation, f"TOK{one}", 900), TokenState.WAITING, state_since=now() - 15 * DAYS
        )
    with (
        acting_for([hospital.organisation.pk], as_platform=True),
        django_assert_max_num_queries(39 + SAVEPOINTS),
    ):
        assert len(notices_of(hospital.organisation, now(), [])) == 36


def test_tenants_are_apart(hospital: Hospital, sink: MailSink) -> None:
    other = make_hospital(name="Clinique des Tilleuls", cbe="0809394427", ssin="93051822361")
    shelve(other.organisation, "EHBOX", 20, value="0809394427")
    assert due(hospital) == []
    remind(other)
    assert {to for [to], _mail in sink.mails} == {other.administrator.email, other.holder_user.email}


def test_a_worker_finds_it(hospital: Hospital, sink: MailSink) -> None:
    waiting(hospital)
    for _ in range(2):
        work_off(Lane.NOTICES)
    assert len(sink.mails) == 2
