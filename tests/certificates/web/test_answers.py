"""The catalogue of answers: every known code has its words, an unknown one is kept, and members find both."""

import re
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone, translation

from certificates.domain.lifecycle import RequestState
from certificates.web.catalogue import CATALOGUE, Group, read_code, search
from certificates.web.catalogue.entry import CALLERS, GROUPS, Caller
from certificates.web.parts.rows import problem_view
from deploy.sandbox.faults import KINDS
from tests.certificates.web.shelf import ask
from tests.environment import ROOT
from tests.organisations.web.members import own_queries
from tests.support.hospital import Hospital

CODES = [code for entry in CATALOGUE for code in entry.codes]
SOA = ["00001", "01001", "01002", "02001", "02002", *(f"0300{number}" for number in range(1, 8))]


def problem(*codes: str, kind: str = "rejected") -> dict[str, Any]:
    answers = [{"code": code, "message": f"said {code}", "parameters": [["Key", "é<b>"]]} for code in codes]
    return {"kind": kind, "summary": "", "answers": answers, "at": "2026-11-20T09:30:00+00:00"}


def test_each_code_has_one_entry() -> None:
    assert len(CODES) == len(set(CODES))
    assert set(CALLERS) == set(Caller)
    assert set(GROUPS) == {entry.group for entry in CATALOGUE} == set(Group)


def test_all_codes_of_the_sandbox_are_described() -> None:
    text = (ROOT / "deploy/sandbox/README.md").read_text()
    table = text.partition("Codes in `EteeStatusDetail`")[2].partition("SOAP faults")[0]
    rows = [line.partition("|")[2].partition("|")[0] for line in table.splitlines() if line.startswith("| `")]
    named = {code for row in rows for code in re.findall(r"`([A-Z_]{5,})`", row)}
    named |= set(re.findall(r"`([A-Z_]{5,})`", table.partition("The depot answers")[2]))
    assert len(named) > 30
    for code in named:
        reading = read_code(code)
        assert (reading.certain, reading.entry is not None) == (True, True), code
        assert reading.entry is not None
        assert reading.entry.published is (code == "CERT_NOT_YET_DELIVERED")


@pytest.mark.parametrize("number", SOA)
def test_soa_codes_are_known_with_and_without_their_prefix(number: str) -> None:
    for code in (number, f"SOA-{number}", f" soa-{number} "):
        reading = read_code(code)
        assert reading.certain
        assert reading.entry is not None
        assert (reading.entry.group, reading.entry.published) == (Group.TRANSPORT, True)
        assert reading.code == code


def test_every_fault_of_the_sandbox_that_bears_a_code_is_described() -> None:
    assert all(read_code(kind).certain for kind in KINDS if kind.startswith("soa-"))


@pytest.mark.parametrize(
    ("code", "same_as"),
    [
        ("AUTH_CERT_NOT_YET_VALID[2026-11-25]", "CERT_NOT_YET_DELIVERED"),
        ("ERR_SIGNER_NOT_AUTHORISED_FOR_ORG", "SIGNER_NOT_AUTHORIZED"),
        ("SIGNER_UNKNOWN", "SIGNER_MISMATCH"),
        ("XML_SIGNATURE_BROKEN", "INVALID_SIGNATURE"),
        ("CERT_DN_ALREADY_ACTIVE_2", "DN_ALREADY_ACTIVE"),
        ("EID_CERT_REVOKED", "CERTIFICATE_REVOKED"),
        ("REVOKED_CARD", "CERTIFICATE_REVOKED"),
        ("SIGNER_CERT_EXPIRED", "CERTIFICATE_EXPIRED"),
        ("CERT_ALREADY_REVOKED", "CERT_NOT_REVOCABLE"),
        ("KEY_ALREADY_REVOKED", "CERT_NOT_REVOCABLE"),
        ("CERT_CANNOT_BE_REVOKED", "CERT_NOT_REVOCABLE"),
        ("SIGNATURE_NOT_VALID", "INVALID_SIGNATURE"),
        ("NO_MANDATE_FOUND", "SIGNER_NOT_AUTHORIZED"),
        ("ACCESS_DENIED", "SOA-01002"),
        ("INVALID_PUBLIC_KEY_IDENTIFIER", "CERT_REQUEST_NOT_FOUND"),
        ("CERT_NOT_YET_ISSUED", "CERT_NOT_YET_DELIVERED"),
        ("REQUEST_STILL_PENDING", "DN_REQUEST_IN_PROGRESS"),
        ("APPLICATION_ID_TOO_LONG", "INVALID_APPLICATION_ID"),
        ("ETK_ALREADY_THERE", "ETK_ALREADY_REGISTERED"),
    ],
)
def test_a_code_that_nobody_described_is_read_by_its_words(code: str, same_as: str) -> None:
    reading = read_code(code)
    assert reading.entry is read_code(same_as).entry
    assert reading.certain is code.startswith("AUTH_CERT")


@pytest.mark.parametrize(
    "code",
    [
        *("NO_REVOKED_CERTIFICATE_FOUND", "CERT_NOT_REVOKED", "CERTIFICATE_NEVER_EXPIRED", "EID_NON_REVOKED"),
        *("NO_REQUEST_IN_PROGRESS", "NO_PENDING_REQUEST", "REQUEST_NOT_REFUSED", "DN_NOT_ALREADY_ACTIVE"),
        *("CERT_NOT_YET_REVOKED", "ETK_NOT_YET_ACTIVATED", "ETK_NOT_ALREADY_REGISTERED", "NOT_PENDING"),
        *("SESSION_EXPIRED", "CHALLENGE_EXPIRED", "CONNECTION_REFUSED", "ETK_ALREADY_REVOKED"),
        *("TOO_MANY_REQUESTS", "SERVICE_NOT_STARTED", "NOT_MALFORMED", "DN_NOT_REVOKED"),
    ],
)
def test_a_code_is_never_explained_as_its_opposite_or_by_half_of_it(code: str) -> None:
    reading = read_code(code)
    assert (reading.entry, reading.code) == (None, code)


@pytest.mark.parametrize("code", ["", "SOMETHING_NEW", "DESIGNERS_REFUSAL", "SOA-99999", "[", "é" * 5000])
def test_what_cannot_be_read_is_kept(code: str) -> None:
    reading = read_code(code)
    assert (reading.entry, reading.code) == (None, code)


@pytest.mark.parametrize("language", ["nl", "fr", "de"])
def test_every_entry_is_said_in_the_readers_language(language: str) -> None:
    for entry in CATALOGUE:
        with translation.override("en"):
            english = (str(entry.meaning), str(entry.remedy), entry.turn_to, entry.group.heading)
        with translation.override(language):
            said = (str(entry.meaning), str(entry.remedy), entry.turn_to, entry.group.heading)
        assert all(one != other for one, other in zip(english, said, strict=True)), entry.codes


def test_a_search_needs_every_word() -> None:
    with translation.override("en"):
        found = [entry for _group, entries in search("CARD municipality") for entry in entries]
        assert found
        assert all("card" in entry.text and "municipality" in entry.text for entry in found)
        assert sum(len(entries) for _group, entries in search("")) == len(CATALOGUE)
        assert search("card zzzz") == ()
    with translation.override("fr"):
        assert search("mandat")


@pytest.mark.parametrize(
    ("language", "words"),
    [
        ("nl", "Ongeldige handtekening identiteitskaart"),
        ("fr", "Ongeldige handtekening identiteitskaart"),
        ("fr", "signature non valable de la carte d’identité"),
        ("fr", "signature carte d'identité invalide"),
        ("de", "„Ungültige Unterschrift des Personalausweises“"),
        ("de", "ungültige Signatur Personalausweis"),
        ("en", "invalid signature of the identity card"),
    ],
)
def test_the_official_applications_message_leads_to_its_causes_and_to_the_doctor(
    holder_client: Client, language: str, words: str
) -> None:
    with translation.override(language):
        found = [entry for _group, entries in search(words) for entry in entries]
        assert [entry.messages for entry in found if entry.messages], words
        [entry] = [entry for entry in found if entry.messages]
        assert "%(agent)s doctor" in str(entry.remedy)
        assert "nonRepudiation" in str(entry.remedy)
    page = holder_client.get(
        "/help/answers/", {"q": "Ongeldige handtekening identiteitskaart"}
    ).content.decode()
    assert "Ongeldige handtekening identiteitskaart" in page.partition("<ul")[2]
    assert "ehportal-agent doctor" in page


@pytest.mark.parametrize("language", ["nl", "fr", "de", "en"])
def test_who_is_not_authorised_learns_what_to_do_as_an_organisation_and_as_a_care_provider(
    language: str,
) -> None:
    entry = read_code("SIGNER_NOT_AUTHORIZED").entry
    assert entry is not None
    words = {
        "nl": ("volmachtformulier", "zorgverlener"),
        "fr": ("formulaire de mandat", "prestataire de soins"),
        "de": ("vollmachtformular", "gesundheitsdienstleister"),
        "en": ("mandate form", "care provider"),
    }[language]
    with translation.override(language):
        assert all(word in str(entry.remedy).casefold() for word in words)


@pytest.mark.parametrize("client_name", ["administrator", "holder_client", "viewer"])
def test_every_member_may_read_it(request: pytest.FixtureRequest, client_name: str) -> None:
    answer, made = own_queries(request.getfixturevalue(client_name), "/help/answers/")
    assert (answer.status_code, made) == (200, 0)
    assert all(code in answer.content.decode() for code in CODES)


def test_nobody_else_reads_it(client: Client) -> None:
    assert client.get("/help/answers/").status_code == 302


def test_a_code_is_found_and_an_unknown_one_is_shown_as_it_is(viewer: Client) -> None:
    page = viewer.get("/help/answers/", {"q": "dn_already_active"}).content.decode()
    assert "DN_ALREADY_ACTIVE" in page
    assert "SOA-00001" not in page
    page = viewer.get("/help/answers/", {"q": "<script>X</script>"}).content.decode()
    assert "&lt;script&gt;X&lt;/script&gt;" in page
    assert "<script>X" not in page
    assert "kept and shown as it is" in page
    page = viewer.get("/help/answers/", {"q": "no such words"}).content.decode()
    assert "No answer holds all of these words." in page
    assert viewer.get("/help/answers/", {"q": "x" * 100_000}).status_code == 200
    assert viewer.get("/help/answers/", {"q": "\0"}).status_code == 404


def test_a_problem_says_what_each_of_its_codes_means() -> None:
    view = problem_view(problem("DN_ALREADY_ACTIVE", "ZZZ_NEW", "DN_ALREADY_ACTIVE"))
    assert view is not None
    assert [(one.code, one.certain) for one in view.readings] == [
        ("DN_ALREADY_ACTIVE", True),
        ("ZZZ_NEW", False),
    ]
    assert view.advice == "", "the code says better what to do"
    assert len(view.answers) == 3, "and all answers stay as they were"
    unknown = problem_view(problem("ZZZ_NEW"))
    assert unknown is not None
    assert unknown.advice
    lost = problem_view(problem("SOA-00001", kind="outcome_unknown"))
    assert lost is not None
    assert lost.advice, "never send it twice: said whatever the code"
    silent = problem_view(problem("", kind="transient"))
    assert silent is not None
    assert silent.readings == ()


@pytest.mark.parametrize(
    ("language", "said"),
    [
        ("en", "The service has not answered since "),
        ("nl", "De dienst heeft sinds "),
        ("fr", "Le service n'a pas répondu depuis "),
        ("de", "Der Dienst hat seit "),
    ],
)
def test_a_service_that_has_not_answered_is_called_that_with_the_time(language: str, said: str) -> None:
    told = problem("", kind="silent") | {"since": "2026-03-01T13:05:00+00:00"}
    with translation.override(language), timezone.override("Europe/Brussels"):
        view = problem_view(told)
    assert view is not None
    assert view.title.startswith(said)
    assert "14" in view.title
    assert "05" in view.title
    assert "2026" in view.title, "of another day the day is said too"


def test_the_page_of_a_request_explains_and_keeps_the_raw_answer(
    administrator: Client, hospital: Hospital
) -> None:
    request = ask(hospital, RequestState.REJECTED, problem=problem("WRONG_KEY_USAGE", "ZZZ <i>new"))
    page = administrator.get(f"/requests/{request.pk}/").content.decode()
    notice, _, raw = page.partition('<details class="raw"')
    assert "nonRepudiation" in notice
    assert "The municipality of the card&#x27;s holder" in notice
    assert "kept and shown as it is" in notice
    assert "/help/answers/?q=ZZZ%20%3Ci%3Enew" in notice
    assert "said WRONG_KEY_USAGE" in raw
    assert "ZZZ &lt;i&gt;new" in raw
    assert "é&lt;b&gt;" in raw
