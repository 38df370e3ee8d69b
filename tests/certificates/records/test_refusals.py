"""Signed questions that are refused: each with its own code, and nothing asked."""

from datetime import UTC, datetime, timedelta

import pytest
from django.db.models.functions import Now

from agent.wire.limits import MAX_REQUEST_BYTES
from certificates.certra.client import CertraClient
from certificates.certra.facts import ActorQualities
from certificates.models import Errand, RecordsInquiry
from certificates.models.records import InquiryState
from organisations.tenancy import acting_for
from tests.certificates.records.steps import past, proposals, tag
from tests.certificates.stages import enrolled
from tests.support import questions
from tests.support.holder import Holder, b64, issue_identity
from tests.support.hospital import Hospital, make_hospital
from tests.support.sandbox import SandboxProcess
from tests.support.work import check_cards, run_errands


class TestRefusals:
    """Bytes that are not the holder's answer to this very task."""

    @pytest.fixture
    def inquiry(self, hospital: Hospital, holder: Holder) -> RecordsInquiry:
        enrolled(holder)
        return questions.ask(hospital)

    def _sends(self, holder: Holder, inquiry: RecordsInquiry, first: bytes, second: bytes) -> tuple[int, str]:
        sent = questions.send(holder, inquiry.job.pk, first, second)
        with acting_for([inquiry.organisation_id], as_platform=True):
            inquiry.refresh_from_db(fields=["state", "problem"])
        return sent.status_code, sent.json().get("code", "")

    def test_another_persons_card(
        self, government: SandboxProcess, holder: Holder, inquiry: RecordsInquiry
    ) -> None:
        sofie = issue_identity(government.state, "00010100105", "Sofie", "Janssens")
        own = holder.identity
        for first, second in (
            (questions.qualities(sofie), questions.infos(sofie)),
            (questions.qualities(own), questions.infos(sofie)),
            (questions.qualities(own, about="00010100105"), questions.infos(own)),
        ):
            assert self._sends(holder, inquiry, first, second) == (422, "wrong_signer")
        assert inquiry.state == InquiryState.AWAITING_SIGNATURE

    def test_the_signature_key_is_not_for_asking(self, holder: Holder, inquiry: RecordsInquiry) -> None:
        own = holder.identity
        first = questions.qualities(own, purpose="Signature")
        second = questions.infos(own, purpose="Signature")
        assert self._sends(holder, inquiry, first, second) == (422, "not_an_authentication_certificate")

    def test_altered_or_mixed_up(self, holder: Holder, inquiry: RecordsInquiry) -> None:
        own = holder.identity
        first, second = questions.qualities(own), questions.infos(own)
        altered = first.replace(b"85073003328</SSIN>", b"93051822361</SSIN>")
        assert altered != first
        assert self._sends(holder, inquiry, altered, second) == (422, "signature_invalid")
        assert self._sends(holder, inquiry, second, first) == (422, "request_malformed")
        assert self._sends(holder, inquiry, b"<a/>", second) == (422, "request_malformed")
        assert self._sends(holder, inquiry, b"<a>" * (MAX_REQUEST_BYTES // 3 + 9), second) == (
            413,
            "request_too_large",
        )

    def test_signed_at_another_time(self, holder: Holder, inquiry: RecordsInquiry) -> None:
        own, now = holder.identity, datetime.now(UTC)
        for moment in (now - timedelta(hours=1), now + timedelta(hours=1)):
            first = questions.qualities(own, at=moment)
            assert self._sends(holder, inquiry, first, questions.infos(own)) == (422, "question_stale")

    def test_what_served_once_serves_no_other_inquiry(
        self, holder: Holder, hospital: Hospital, inquiry: RecordsInquiry
    ) -> None:
        own = holder.identity
        first, second = questions.qualities(own), questions.infos(own)
        assert self._sends(holder, inquiry, first, second)[0] == 200
        assert self._sends(holder, inquiry, questions.qualities(own), second) == (409, "job_closed")
        next_one = questions.ask(hospital)
        assert next_one.pk != inquiry.pk
        assert self._sends(holder, next_one, first, questions.infos(own)) == (409, "question_already_used")
        assert self._sends(holder, next_one, questions.qualities(own), second) == (
            409,
            "question_already_used",
        )
        assert self._sends(holder, next_one, questions.qualities(own), questions.infos(own))[0] == 200

    def test_a_retry_gets_the_answer_that_was_lost(
        self, government: SandboxProcess, holder: Holder, inquiry: RecordsInquiry
    ) -> None:
        """The agent proves the same bytes anew when its first call broke off; nothing is asked or proposed twice."""
        past(government, tag())
        own = holder.identity
        first, second = questions.qualities(own), questions.infos(own)
        told = questions.send(holder, inquiry.job.pk, first, second).json()
        made = [one.pk for one in proposals(inquiry)]
        assert made
        again = questions.send(holder, inquiry.job.pk, first, second)
        assert (again.status_code, again.json()) == (200, told)
        assert [one.pk for one in proposals(inquiry)] == made
        mixed = questions.send(holder, inquiry.job.pk, first, questions.infos(own))
        assert (mixed.status_code, mixed.json()["code"]) == (409, "job_closed")

    def test_a_worker_that_overtakes_the_first_one(
        self, holder: Holder, inquiry: RecordsInquiry, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """The lease of one that was slow has lapsed: both ask, one writes, and both found the same."""
        own = holder.identity
        first, second = questions.qualities(own), questions.infos(own)
        real = CertraClient.actor_qualities
        overtaking: list[int] = []

        def slow(self: CertraClient, signed: bytes) -> ActorQualities:
            if not overtaking:
                overtaking.append(0)
                with acting_for([inquiry.organisation_id], as_platform=True):
                    Errand.objects.update(leased_until=None, next_attempt_at=Now())
                overtaking.append(run_errands())
            return real(self, signed)

        monkeypatch.setattr(CertraClient, "actor_qualities", slow)
        told = questions.send(holder, inquiry.job.pk, first, second)
        assert (told.status_code, told.json()["proposals"]) == (200, len(proposals(inquiry)))
        assert overtaking == [0, 1]

    def test_the_same_questions_again_meanwhile_are_one_errand(
        self, holder: Holder, inquiry: RecordsInquiry
    ) -> None:
        own = holder.identity
        first, second = questions.qualities(own), questions.infos(own)
        body = {"qualities": b64(first), "certificates": b64(second)}
        path = f"/agent/v1/jobs/{inquiry.job.pk}/records"
        assert holder.call_once("POST", path, body).status_code == 202
        check_cards()
        for _ in range(3):
            assert holder.call_once("POST", path, body).json()["state"] == "asking"
        assert run_errands() == 1
        told = holder.call_once("POST", path, body)
        assert (told.status_code, told.json()["state"]) == (200, "answered")
        again = holder.call_once("POST", path, body)
        assert (again.status_code, again.json()) == (200, told.json()), "what was answered stands"

    def test_nobody_else_finds_the_job(
        self, government: SandboxProcess, hospital: Hospital, inquiry: RecordsInquiry
    ) -> None:
        make_hospital(
            name="Clinique", cbe="0809394427", ssin="93051822361", first_names="Luc", surname="Dubois"
        )
        luc = enrolled(Holder(issue_identity(government.state, "93051822361", "Luc", "Dubois")))
        first, second = questions.qualities(luc.identity), questions.infos(luc.identity)
        assert self._sends(luc, inquiry, first, second) == (404, "job_unknown")
        assert luc.call("GET", f"/agent/v1/jobs/{inquiry.job.pk}").status_code == 404

    def test_other_jobs_take_no_questions(
        self, holder: Holder, hospital: Hospital, inquiry: RecordsInquiry
    ) -> None:
        from tests.certificates.stages import to_sign

        request = to_sign(hospital, holder)
        own = holder.identity
        sent = questions.send(holder, request.job.pk, questions.qualities(own), questions.infos(own))
        assert sent.status_code == 404
        assert holder.send(inquiry.job.pk, questions.infos(own)).status_code == 404

    def test_declined_or_gone(self, holder: Holder, hospital: Hospital, inquiry: RecordsInquiry) -> None:
        answer = holder.call("POST", f"/agent/v1/jobs/{inquiry.job.pk}/decline", {"reason": "Niet nu."})
        assert answer.status_code == 200
        own = holder.identity
        first, second = questions.qualities(own), questions.infos(own)
        assert self._sends(holder, inquiry, first, second) == (409, "job_closed")
        assert inquiry.state == InquiryState.DECLINED

    def test_the_government_is_away_or_refuses(
        self, government: SandboxProcess, holder: Holder, inquiry: RecordsInquiry
    ) -> None:
        own = holder.identity
        first, second = questions.qualities(own), questions.infos(own)
        government.control_post(
            "/control/faults", {"kind": "http-503", "operation": "GetActorQualities", "times": 1}
        )
        status, code = self._sends(holder, inquiry, first, second)
        assert (status, code) == (503, "government_unavailable")
        assert inquiry.state == InquiryState.AWAITING_SIGNATURE
        assert inquiry.problem is not None
        assert self._sends(holder, inquiry, first, second)[0] == 200, "the same bytes may be sent again"
        assert inquiry.problem is None
