"""One row that no key opens shows itself as such, and breaks no page, list, answer or sweep for the others."""

import re
from datetime import UTC, datetime, timedelta
from unittest import mock
from uuid import UUID

import pytest
import pytest_django
from allauth.mfa.models import Authenticator
from allauth.mfa.recovery_codes.internal.auth import RecoveryCodes
from django.db import connection, transaction
from django.test import Client

from agent.wire.link.checking import CHECKING
from certificates.domain.foreign_lifecycle import ForeignState
from certificates.domain.lifecycle import RequestState
from certificates.domain.papers import WITH_PERSON, PaperKind
from certificates.domain.revocation import RevocationState
from certificates.domain.tokens import TokenState
from certificates.models import CertificateRequest, ForeignRequest, Paper
from certificates.models.card_check import CardCheck
from certificates.services.foreigners.start import bis_people
from certificates.services.papers.keep_signed_copy import keep_signed_copy
from certificates.services.records.ask import with_card
from ehportal.keys.columns import NUMBERS, SEALED
from ehportal.operation.catalogues import compile_catalogues
from organisations.domain.roles import Role
from organisations.domain.work import Lane
from organisations.models import AuditEvent, Person
from organisations.sealed_columns import Place
from organisations.sealing import key_id, seal
from organisations.services.people import add_person
from organisations.tenancy import acting_for
from tests.certificates.foreigners.stages import Foreigner
from tests.certificates.inventory.uploads import upload
from tests.certificates.papers.test_papers import SCAN, draft
from tests.certificates.samples import ehealth, pem
from tests.certificates.stages import to_sign
from tests.certificates.web.records.shelf import answered
from tests.certificates.web.revocations.endings import revoke
from tests.certificates.web.shelf import ask, give_token, shelve
from tests.ehportal.keys.rings import sealing_key
from tests.organisations.web.members import code_of, give_second_factor, member, signed_in
from tests.support.holder import Holder, issue_identity
from tests.support.hospital import PLATFORM, Hospital, make_hospital
from tests.support.sandbox import SandboxProcess
from tests.support.work import check_cards, make_due, work_off

pytestmark = pytest.mark.django_db
compile_catalogues()
PLAIN = next(kind for kind in PaperKind if kind not in WITH_PERSON)
BIS, OTHER_BIS = "85273003371", "00210100148"
PASSWORD = "een-lang-woord-77"
GONE = key_id(sealing_key())
WORDS = {"en": "Unreadable", "nl": "Onleesbaar", "fr": "Illisible", "de": "Nicht lesbar"}
WHAT_TO_DO = {
    "en": "Ask the operator to restore the key.",
    "nl": "Vraag de uitbater om de sleutel terug te zetten.",
    "fr": "Demandez à l’exploitant de rétablir la clé.",
    "de": "Bitten Sie den Betreiber, den Schlüssel wiederherzustellen.",
}
ONLY_THIS = re.compile(
    r"/(papers/[^/]+/(document|copy)|certificates/[^/]+/download|certificates/import/[^/]+/|foreigners/[^/]+/preparation)"
)
"""Addresses that show nothing but what is sealed."""


WITHOUT_A_PAGE = {
    "certificates_cardcheck.sealed_chain",
    "certificates_consignmentpart.sealed_content",
    "certificates_errand.sealed_answer",
    "certificates_errand.sealed_parameters",
    "certificates_foreignrequest.sealed_csr",
    "organisations_accountletter.sealed_address",
    "organisations_webhook.sealed_former",
    "organisations_webhook.sealed_secret",
}
"""What no link leads to; workers read it, and of a large upload the page to which whoever sent it is led."""


@pytest.fixture
def hospital() -> Hospital:
    return make_hospital()


def damage(hospital: Hospital, *places: Place, row: UUID | None = None) -> int:
    """Let one row of each place, or `row`, stand under a key that nobody has; return how many there were."""
    count = 0
    with acting_for([hospital.organisation.pk], as_platform=True), connection.cursor() as cursor:
        for place in places:
            value = f"{GONE}:gAAAAA-of-a-key-that-is-gone"
            new: str | bytes = value if place.text else value.encode()
            column = (
                f"jsonb_set({place.column}, '{{{place.field}}}', to_jsonb(%s::text))" if place.field else "%s"
            )
            first = f"(SELECT min(id::text) FROM {place.table} WHERE {place.present})::{place.key_type}"  # noqa: S608  # names of ours
            cursor.execute(
                f"UPDATE {place.table} SET {place.column} = {column} WHERE id = {'%s' if row else first}",  # noqa: S608  # names of ours
                [new, row] if row else [new],
            )
            count += cursor.rowcount
    return count


def person(hospital: Hospital, name: str, number: str) -> Person:
    with acting_for([hospital.organisation.pk], as_platform=True):
        return add_person(
            hospital.organisation,
            first_names="Giulia",
            name=name,
            ssin=number,
            actor=PLATFORM,
            now=datetime.now(UTC),
        )


def crawl(client: Client, start: str = "/") -> dict[str, int]:
    """Follow every link of the pages, downloads too; return the status of each address. A 500 raises."""
    statuses: dict[str, int] = {}
    waiting = [start]
    while waiting:
        address = waiting.pop()
        if address in statuses:
            continue
        answer = client.get(address)
        statuses[address] = answer.status_code
        if "html" in answer.get("Content-Type", ""):
            links = re.findall(r'(?:href|hx-get|src)="(/[^"#]*)"', answer.content.decode())
            links = [link.replace("&amp;", "&") for link in links]
            waiting += [one for one in links if not one.startswith(("/static/", "/accounts/", "/language/"))]
        assert len(statuses) < 400, "it goes round in circles"
    return statuses


def copied(hospital: Hospital, paper: Paper) -> None:
    """Upload a signed copy."""
    with acting_for([hospital.organisation.pk], as_platform=True):
        keep_signed_copy(paper, SCAN, user=hospital.administrator, actor=PLATFORM, now=datetime.now(UTC))


@pytest.fixture
def full(hospital: Hospital) -> Hospital:
    """Two of everything that is sealed."""
    for one, name in ((BIS, "Rossi"), (OTHER_BIS, "Bianchi")):
        Foreigner(hospital, person(hospital, name, one), one).ask()
    for index in range(2):
        certificate = shelve(hospital.organisation, f"APP{index}", 300 + index)
        give_token(certificate, TokenState.ACTIVE)
        ask(hospital, RequestState.AWAITING_SIGNATURE)
        ask(hospital, RequestState.SIGNED)
        revoke(hospital, RevocationState.AWAITING_SIGNATURE)
        revoke(hospital, RevocationState.SIGNED, sealed_signed_request=seal(b"signed"))
        copied(hospital, draft(hospital, PLAIN))
        upload(hospital, [("y.pem", pem(ehealth("CBE", "0406798006", f"Naam {index}")))])
    answered(hospital, certificates=2)
    return hospital


@pytest.mark.parametrize("role", [Role.ADMINISTRATOR, Role.HOLDER, Role.VIEWER])
def test_every_page_that_a_link_leads_to_is_there(full: Hospital, role: Role) -> None:
    user = full.holder_user if role is Role.HOLDER else member(full.organisation, role)
    client = signed_in(user)
    before = crawl(client)
    # Not the secret of the very one who looks: that is the next test.
    places = [place for place in SEALED if not place.table.startswith("mfa_")]
    there = {place.name for place in places if damage(full, place)}
    assert {place.name for place in places} - there == WITHOUT_A_PAGE
    after = crawl(client)
    assert len(after) > 10
    broken = {address for address, status in after.items() if status != before.get(address, 200)}
    assert {after[address] for address in broken} <= {302, 503}, (
        "the page says why, or leads back with the reason"
    )
    assert all(ONLY_THIS.fullmatch(address) for address in broken), broken


@pytest.mark.parametrize("language", WORDS)
def test_the_list_of_people_says_who_is_unreadable(full: Hospital, language: str) -> None:
    client = signed_in(member(full.organisation, Role.ADMINISTRATOR, language=language))
    assert WORDS[language] not in client.get("/organisation/").content.decode()
    with acting_for([full.organisation.pk], as_platform=True):
        key = Person.objects.get(name="Rossi").pk
    damage(full, NUMBERS, row=key)
    page = client.get("/organisation/").content.decode()
    assert page.count(WORDS[language]) == 1
    assert WHAT_TO_DO[language] in page
    assert "Bianchi" in page
    answer = client.post(f"/organisation/people/{key}/ssin/", follow=True)
    assert WHAT_TO_DO[language] in answer.content.decode()
    with acting_for([full.organisation.pk], as_platform=True):
        assert not AuditEvent.objects.filter(action="ssin_viewed").exists(), "nobody saw anything"


def test_whoever_chooses_somebody_unreadable_is_told(full: Hospital) -> None:
    """Nobody knows what card they have: they are offered everywhere, and nowhere done with."""
    with acting_for([full.organisation.pk], as_platform=True):
        rossi = Person.objects.get(name="Rossi")
        assert rossi.has_bis is True
        ForeignRequest.objects.filter(person=rossi).update(state=ForeignState.CANCELLED)
        damage(full, NUMBERS, row=rossi.pk)
        people = list(Person.objects.filter(organisation=full.organisation))
        assert {one.name for one in with_card(people)} == {"Peeters", "Rossi"}
        assert {one.name for one in bis_people(people)} == {"Rossi", "Bianchi"}
    client = signed_in(member(full.organisation, Role.ADMINISTRATOR))
    answer = client.post("/records/", {"holder_id": str(rossi.pk), "environment": "production"})
    assert answer.status_code == 422
    assert WHAT_TO_DO["en"] in answer.content.decode()
    answer = client.post(
        "/foreigners/new/",
        {
            "person_id": str(rossi.pk),
            "identifier_id": str(full.identifier.pk),
            "environment": "production",
            "language": "fr",
            "profession": "Médecin",
            "address": "Via Roma 1",
            "email_private": "giulia@example.test",
            "phone_private": "+39 02 000",
            "starts_on": "2026-11-30",
        },
    )
    assert answer.status_code == 422
    assert WHAT_TO_DO["en"] in answer.content.decode()


def test_a_paper_and_its_file(hospital: Hospital) -> None:
    client = signed_in(member(hospital.organisation, Role.ADMINISTRATOR))
    shut, good = draft(hospital, PLAIN), draft(hospital, PLAIN)
    paper = [place for place in SEALED if place.table == "certificates_paper" and not place.optional]
    assert damage(hospital, *paper, row=shut.pk) == 2
    assert client.get("/papers/").status_code == 200
    page = client.get(f"/papers/{shut.pk}/")
    assert (page.status_code, WORDS["en"] in page.content.decode()) == (200, True)
    file = client.get(f"/papers/{shut.pk}/document")
    assert (file.status_code, WHAT_TO_DO["en"] in file.content.decode()) == (503, True)
    with acting_for([hospital.organisation.pk], as_platform=True):
        assert not AuditEvent.objects.filter(action="paper_read").exists()
    assert WORDS["en"] not in client.get(f"/papers/{good.pk}/").content.decode()
    assert b"%PDF" in client.get(f"/papers/{good.pk}/document").content[:8]


def test_the_contract_that_is_to_be_signed(hospital: Hospital) -> None:
    shut, good = (ask(hospital, RequestState.AWAITING_SIGNATURE) for _ in range(2))
    contract = next(
        place for place in SEALED if place.name == "certificates_certificaterequest.sealed_contract"
    )
    damage(hospital, contract, row=shut.pk)
    hospital.holder_user.language = "en"
    hospital.holder_user.save()
    client = signed_in(hospital.holder_user)
    assert client.get("/sign/").status_code == 200
    page = client.get(f"/sign/{shut.pk}/").content.decode()
    assert WHAT_TO_DO["en"] in page
    page = client.get(f"/sign/{good.pk}/").content.decode()
    assert "The contract that you sign" in page
    assert WHAT_TO_DO["en"] not in page


def test_a_workstation_and_a_worker_go_on_with_the_others(
    hospital: Hospital, government: SandboxProcess
) -> None:
    holder = Holder(issue_identity(government.state, "85073003328", "An Marie", "Peeters"))
    shut, good = to_sign(hospital, holder), to_sign(hospital, holder)
    contract, signature = (
        next(place for place in SEALED if place.name == f"certificates_certificaterequest.{column}")
        for column in ("sealed_contract", "sealed_signed_request")
    )
    damage(hospital, contract, row=shut.pk)
    assert {one["id"] for one in holder.jobs()} == {shut.job.pk, good.job.pk}
    answer = holder.call("GET", f"/agent/v1/jobs/{shut.job.pk}")
    assert (answer.status_code, answer.json()["code"]) == (503, "unreadable")
    assert WHAT_TO_DO["en"] in answer.json()["title"]
    job = holder.job(good.job.pk)
    assert holder.send(job.id, holder.signed(job.request)).status_code == 202

    # The same, signed, and due at a worker.
    with acting_for([hospital.organisation.pk], as_platform=True):
        CertificateRequest.objects.filter(pk=shut.pk).update(
            state=RequestState.SIGNED, public_key_identifier="ab" * 20, sealed_signed_request=b""
        )
    damage(hospital, signature, row=shut.pk)
    past = datetime.now(UTC) - timedelta(minutes=5)
    for one in (shut, good):
        make_due(one, hospital.organisation.pk, past)
    work_off(Lane.SUBMISSIONS)
    assert hospital.reload(good).state == RequestState.AWAITING_CERTIFICATE
    left = hospital.reload(shut)
    assert left.state == RequestState.SIGNED, "nothing was sent, nothing is lost"
    assert (left.failure or {})["error"] == "Unreadable", "which the operator reads"


def test_a_card_that_is_checked_is_unknown_and_asked_anew(
    hospital: Hospital, government: SandboxProcess
) -> None:
    holder = Holder(issue_identity(government.state, "85073003328", "An Marie", "Peeters"))
    chain = next(place for place in SEALED if place.table == "certificates_cardcheck")
    with (
        mock.patch.dict("tests.support.holder.WORKERS", {CHECKING: mock.Mock(side_effect=StopIteration)}),
        pytest.raises(StopIteration),
    ):
        holder.enrol(agree=False)
    assert damage(hospital, chain) == 1
    check_cards()
    check = CardCheck.objects.get()
    assert (check.outcome, check.next_attempt_at, check.sealed_chain) == ("CardStatusUnknown", None, None)
    assert holder.enrol(agree=False).status_code == 503, "which is told once"
    assert holder.enrol(agree=False).status_code == 201


class TestSecondStep:
    """The secret of an account's second step."""

    @pytest.fixture
    def koen(self, hospital: Hospital, settings: pytest_django.Settings) -> tuple[Client, str, str]:
        settings.ACCOUNT_RATE_LIMITS = settings.MFA_RATE_LIMITS = False
        user = member(hospital.organisation, Role.VIEWER)
        user.set_password(PASSWORD)
        user.save()
        secret = give_second_factor(user)
        codes = RecoveryCodes.activate(user).get_unused_codes()
        client = Client()
        client.cookies["django_language"] = "en"
        answer = client.post("/accounts/login/", {"login": user.email, "password": PASSWORD})
        assert answer.headers["Location"] == "/accounts/2fa/authenticate/"
        return client, secret, codes[0]

    def shut(self, kind: str, field: str) -> None:
        for one in Authenticator.objects.filter(type=kind):
            one.data[field] = f"{GONE}:gAAAAA-gone"
            one.save()

    def test_a_recovery_code_serves_where_the_app_s_secret_cannot_be_read(
        self, koen: tuple[Client, str, str]
    ) -> None:
        client, secret, recovery = koen
        self.shut("totp", "secret")
        answer = client.post("/accounts/2fa/authenticate/", {"code": code_of(secret)})
        assert answer.status_code == 200
        assert "Ask the operator to restore the key" in answer.content.decode()
        assert client.post("/accounts/2fa/authenticate/", {"code": recovery}).status_code == 302
        assert client.get("/").status_code == 200

    def test_the_app_serves_where_recovery_codes_cannot_be_read_and_new_ones_are_made(
        self, koen: tuple[Client, str, str]
    ) -> None:
        client, secret, _recovery = koen
        self.shut("recovery_codes", "seed")
        assert client.post("/accounts/2fa/authenticate/", {"code": code_of(secret)}).status_code == 302
        assert client.get("/accounts/2fa/").status_code == 200
        shown = client.get("/accounts/2fa/recovery-codes/")
        assert (shown.status_code, WHAT_TO_DO["en"] in shown.content.decode()) == (503, True)
        assert client.get("/accounts/2fa/recovery-codes/generate/").status_code == 200
        with mock.patch.object(transaction, "on_commit", lambda work, **_: work()):
            assert client.post("/accounts/2fa/recovery-codes/generate/").status_code == 302
        assert client.get("/accounts/2fa/recovery-codes/").status_code == 200
