"""The encryption token on the pages: where it stands, activation and self test in one action, and who may."""

import re
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import pytest
from django.test import Client

from certificates.domain.lifecycle import RequestState
from certificates.domain.revocation import RevocationState
from certificates.domain.tokens import TokenState
from certificates.domain.validity import RevocationStatus
from certificates.errors.signing import GovernmentRefused, GovernmentUnavailable
from certificates.models import AgentJob, Certificate, ContinuityProof
from certificates.models.job import JobKind
from organisations.domain.roles import Role
from organisations.errors import DomainError
from organisations.sealing import seal
from organisations.tenancy import acting_for
from tests.certificates import samples
from tests.certificates.web.revocations.endings import revoke
from tests.certificates.web.shelf import ask, give_token, shelve
from tests.organisations.web.members import member, own_queries, signed_in
from tests.support.hospital import Hospital
from tests.support.sandbox import SandboxProcess
from tests.support.work import run_errands


@pytest.fixture
def issued(hospital: Hospital) -> Certificate:
    """A certificate that was requested here and stands in the key store."""
    certificate = ask(hospital, RequestState.COMPLETED).certificate
    assert certificate is not None
    return certificate


def jobs(hospital: Hospital) -> list[AgentJob]:
    with acting_for([hospital.organisation.pk], as_platform=True):
        return list(AgentJob.objects.filter(token__isnull=False))


def address(certificate: Certificate, step: str = "") -> str:
    return f"/certificates/{certificate.pk}/{step and f'token/{step}'}"


@pytest.mark.parametrize(
    ("state", "words"),
    [
        (TokenState.STARTED, "Being registered"),
        (TokenState.WAITING, "The new key store is in use: activate"),
        (TokenState.ACTIVE, "Passed: messages can be opened"),
        (TokenState.REPLACED, "Replaced by a newer one"),
    ],
)
def test_a_certificate_shows_its_token(
    administrator: Client, issued: Certificate, state: TokenState, words: str
) -> None:
    give_token(issued, state)
    answer, queries = own_queries(administrator, address(issued))
    assert words in answer.content.decode()
    assert queries == 18, "two more than without a token: proofs and jobs"


@pytest.mark.parametrize(
    ("state", "finding", "words"),
    [
        (TokenState.WAITING, "other_token", "The depot hands out another token"),
        (
            TokenState.REPLACED,
            "other_token",
            "Replaced: the depot hands out the newer certificate&#x27;s token",
        ),
        (TokenState.ACTIVE, "replaced", "Replaced: the depot hands out the newer certificate&#x27;s token"),
        (TokenState.ACTIVE, "key_missing", "The key of the depot&#x27;s token is not in this key store"),
    ],
)
def test_a_test_of_the_old_key_store_is_told_from_one_of_the_new(
    administrator: Client, issued: Certificate, state: TokenState, finding: str, words: str
) -> None:
    give_token(issued, state)
    with acting_for([issued.organisation_id], as_platform=True):
        ContinuityProof.objects.filter(certificate=issued).delete()
        ContinuityProof.objects.create(
            organisation_id=issued.organisation_id,
            certificate=issued,
            device_id=uuid4(),
            device_label="desk",
            checked_at=datetime.now(UTC),
            passed=False,
            finding=finding,
        )
    assert words in administrator.get(address(issued)).content.decode()


@pytest.mark.parametrize(
    ("step", "kind"), [("activate", JobKind.ACTIVATE_TOKEN), ("check", JobKind.CHECK_TOKEN)]
)
def test_one_click_is_one_job_for_the_holder(
    administrator: Client,
    holder_client: Client,
    hospital: Hospital,
    issued: Certificate,
    step: str,
    kind: JobKind,
) -> None:
    give_token(issued, TokenState.WAITING)
    for client, words in ((administrator, "It waits at the workstation of"), (holder_client, "Het wacht op")):
        answer = client.post(address(issued, step), follow=True)
        assert words in answer.content.decode()
    [job] = jobs(hospital)
    assert (job.kind, job.holder_id) == (kind, hospital.holder.pk)
    page = holder_client.get(address(issued)).content.decode()
    assert f"ehportal://run/{job.pk}" in page
    assert f"ehportal://run/{job.pk}" not in administrator.get(address(issued)).content.decode()


def test_a_token_in_use_cannot_be_activated_again(
    administrator: Client, hospital: Hospital, issued: Certificate
) -> None:
    give_token(issued, TokenState.ACTIVE)
    answer = administrator.post(address(issued, "activate"), follow=True)
    assert "cannot be used for this" in answer.content.decode()
    assert jobs(hospital) == []


@pytest.mark.parametrize("step", ["activate", "check"])
def test_who_may_not(
    client: Client, viewer: Client, stranger: Client, hospital: Hospital, issued: Certificate, step: str
) -> None:
    give_token(issued, TokenState.WAITING)
    assert viewer.post(address(issued, step)).status_code == 403
    assert stranger.post(address(issued, step)).status_code == 404
    assert client.post(address(issued, step))["Location"].startswith("/accounts/login/")
    assert viewer.get(address(issued, step)).status_code == 405
    assert jobs(hospital) == []


def test_a_certificate_of_unknown_origin_can_get_a_token(
    administrator: Client, viewer: Client, hospital: Hospital
) -> None:
    certificate = shelve(hospital.organisation, "ELDERS", 400)
    page = administrator.get(address(certificate)).content.decode()
    assert "Look in the depot" in page
    assert "Look in the depot" not in viewer.get(address(certificate)).content.decode()
    assert viewer.post(address(certificate, "find")).status_code == 403
    assert viewer.post(address(certificate, "make")).status_code == 403
    for _ in range(2):
        answer = administrator.post(address(certificate, "make"), follow=True).content.decode()
        assert "It waits at the workstation of" in answer
    [job] = jobs(hospital)
    assert (job.kind, job.holder_id) == (JobKind.MAKE_TOKEN, hospital.holder.pk)
    assert f"ehportal-agent run {job.pk}" in answer
    assert "Look in the depot" not in answer, "one is being made"


@pytest.mark.parametrize("days_left", [-1, 400])
def test_a_dead_certificate_gets_no_token(administrator: Client, hospital: Hospital, days_left: int) -> None:
    state = RevocationStatus.REVOKED if days_left > 0 else RevocationStatus.GOOD
    certificate = shelve(hospital.organisation, "DOOD", days_left, revocation_status=state)
    assert "Look in the depot" not in administrator.get(address(certificate)).content.decode()
    answer = administrator.post(address(certificate, "make"), follow=True).content.decode()
    assert "cannot be used for this" in answer
    assert jobs(hospital) == []


def test_the_depot_is_asked_from_the_page(
    administrator: Client, stranger: Client, hospital: Hospital, government: SandboxProcess
) -> None:
    made = samples.der(samples.ehealth("CBE", "0406798006", application_id="NERGENS"))
    certificate = shelve(hospital.organisation, "NERGENS", 400, sealed_der=seal(made))
    assert stranger.post(address(certificate, "find")).status_code == 404
    waits, page = looked_for(administrator, certificate)
    assert "The depot is being asked for this certificate's token" in page
    assert administrator.get(asking(page)).status_code == 204
    assert "The depot is being asked" in administrator.get(waits).content.decode(), "loaded again by hand"
    assert run_errands() == 1
    answered = administrator.get(asking(page))
    assert (answered.status_code, answered["HX-Refresh"]) == (286, "true")
    answer = administrator.get(waits).content.decode()
    assert "The depot has no encryption token of this certificate" in answer
    assert "The depot is being asked" not in answer
    again = administrator.get(waits).content.decode()
    assert "The depot has no encryption token" not in again, "it is told once"


def looked_for(client: Client, certificate: Certificate) -> tuple[str, str]:
    """Have the depot asked; return where that is waited for, and the page there."""
    answer = client.post(address(certificate, "find"))
    assert answer.status_code == 302
    return answer["Location"], client.get(answer["Location"]).content.decode()


def asking(page: str) -> str:
    """Where the page asks whether the depot has answered."""
    [found] = re.findall(r'role="status"[^>]* hx-get="([^"]+)" hx-trigger="load delay:200ms, every 1s"', page)
    return str(found)


@pytest.mark.parametrize(
    ("refusal", "words"),
    [
        (None, "The depot hands out this certificate&#x27;s token. Test it to know that it opens."),
        (GovernmentUnavailable(answers=[]), "The government&#x27;s service cannot be reached right now."),
        (GovernmentRefused("Onbekende ontvanger", codes=["X"], answers=[]), "Onbekende ontvanger"),
    ],
)
def test_what_came_of_it_is_told_in_the_words_of_a_page(
    administrator: Client,
    hospital: Hospital,
    monkeypatch: pytest.MonkeyPatch,
    refusal: DomainError | None,
    words: str,
) -> None:
    def find(*_: Any, **__: Any) -> None:
        if refusal is not None:
            raise refusal

    monkeypatch.setattr("certificates.services.tokens.find.find_token", find)
    certificate = shelve(hospital.organisation, "ELDERS", 400)
    waits, _page = looked_for(administrator, certificate)
    run_errands()
    assert words in administrator.get(waits).content.decode()


def test_what_the_depot_answered_is_told_to_who_asked_only(
    administrator: Client, stranger: Client, hospital: Hospital, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("certificates.services.tokens.find.find_token", lambda *_, **__: None)
    certificate = shelve(hospital.organisation, "ELDERS", 400)
    waits, page = looked_for(administrator, certificate)
    run_errands()
    colleague = signed_in(member(hospital.organisation, Role.ADMINISTRATOR))
    assert "The depot hands out" not in colleague.get(waits).content.decode()
    assert stranger.get(waits).status_code == 404
    assert stranger.get(asking(page)).status_code == 286, "as for any that is not there"
    assert "The depot hands out" in administrator.get(waits).content.decode()


def test_the_dashboard_reminds_of_what_waits(administrator: Client, issued: Certificate) -> None:
    give_token(issued, TokenState.WAITING, state_since=datetime.now(UTC) - timedelta(days=20))
    page = administrator.get("/").content.decode()
    assert "waits for activation" in page
    assert (
        "It has been waiting for more than two weeks." in administrator.get(address(issued)).content.decode()
    )


OWN: dict[str, Any] = {"identifier_type": "SSIN", "identifier_value": "", "ssin_index": "x" * 64}


def test_a_shared_own_certificate_offers_its_owner_alone_what_only_the_owner_may(
    administrator: Client, holder_client: Client, hospital: Hospital
) -> None:
    shared = datetime.now(UTC)
    mine = shelve(hospital.organisation, "", 400, owner=hospital.holder, shared_at=shared, **OWN)
    unknown = shelve(hospital.organisation, "", 300, owner=hospital.holder, shared_at=shared, **OWN)
    give_token(mine, TokenState.WAITING)
    for certificate, steps in ((mine, ("activate", "check")), (unknown, ("make", "find"))):
        theirs = administrator.get(address(certificate)).content.decode()
        own = holder_client.get(address(certificate)).content.decode()
        for step in steps:
            assert address(certificate, step) not in theirs, step
            assert administrator.post(address(certificate, step)).status_code == 404, step
            if certificate is mine:
                assert address(certificate, step) in own, step
                assert holder_client.post(address(certificate, step)).status_code == 302, step


def test_only_who_may_look_in_the_depot_is_offered_it(
    administrator: Client, holder_client: Client, hospital: Hospital
) -> None:
    certificate = shelve(hospital.organisation, "ELDERS", 400)
    page = holder_client.get(address(certificate)).content.decode()
    assert address(certificate, "make") in page
    assert address(certificate, "find") not in page
    assert holder_client.post(address(certificate, "find")).status_code == 403
    own = shelve(
        hospital.organisation, "", 400, owner=hospital.holder, private_to=hospital.holder_user, **OWN
    )
    assert address(own, "find") in holder_client.get(address(own)).content.decode()


def test_no_token_is_made_for_what_was_replaced_or_is_being_ended(
    administrator: Client, hospital: Hospital
) -> None:
    old = shelve(hospital.organisation, "VITALINK", 60)
    assert address(old, "make") in administrator.get(address(old)).content.decode()
    new = shelve(hospital.organisation, "VITALINK", 1000)
    assert "token/" not in administrator.get(address(old)).content.decode()
    assert address(new, "make") in administrator.get(address(new)).content.decode()
    revoke(hospital, RevocationState.AWAITING_EVIDENCE, new)
    assert "token/" not in administrator.get(address(new)).content.decode()
