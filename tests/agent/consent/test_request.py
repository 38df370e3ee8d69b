import uuid
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent.card.checks import check_card, check_job
from agent.card.eid import Card
from agent.consent.contract_text import contract_blocks
from agent.consent.request import ConsentPage, consent_page
from agent.errors import AgentError, CardError
from agent.language import LANGUAGES, Texts
from agent.stores.keys import PendingKey, new_key
from agent.wire.jobs import CertificateJob, Identifier, LocalisedText
from agent.wire.xml.request import build_generate_certificate
from tests.agent.counterpart import Counterpart
from tests.support.cards import CitizenPki, SoftwareCard

NOW = datetime.now(UTC)


@pytest.fixture
def job(server: Counterpart) -> CertificateJob:
    return server.add_job(environment="production")


@pytest.fixture(scope="module")
def key() -> PendingKey:
    return new_key("CN=CBE\\=0406798006\\, APP_1,OU=x,C=BE")


def _page(
    job: CertificateJob, key: PendingKey, shown: CertificateJob | None = None, language: str = "en"
) -> ConsentPage:
    key = PendingKey(key.key, job.request.contract.dn)
    data = build_generate_certificate(
        job.request, key.csr(), request_id=f"_{uuid.uuid4()}", issue_instant=NOW
    )
    return consent_page(shown or job, data, Texts(language), public_key_identifier=key.identifier)


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_page_shows_everything_that_matters(job: CertificateJob, key: PendingKey, language: str) -> None:
    page = _page(job, key, language=language)
    shown = " ".join(f"{label} {value}" for label, value in page.facts)
    for expected in (
        "AZ SINT-ELISABETH MAASDAL",
        "CBE 0406798006",
        "CBE=0406798006, APP_1",
        "An Marie Peeters",
        "Luc Dubois",
        "Nieuwe toepassing",
        "an@example.org",
        "+32 2 555 01 01",
        "tsa",
        job.server,
        Texts(language)("consent.environment.production"),
    ):
        assert expected in shown
    assert "85073003328" not in shown
    assert {language for language, _ in page.contracts} == {"fr", "nl"}
    assert page.contract("nl")[0] == "nl"
    assert page.contract("de")[0] == "fr"


def test_environments_cannot_be_mistaken(server: Counterpart, key: PendingKey) -> None:
    pages = [
        _page(server.add_job(environment=environment), key) for environment in ("production", "acceptance")
    ]
    assert pages[0].facts[0] != pages[1].facts[0]
    assert pages[0].warning != pages[1].warning


def test_what_is_shown_must_be_what_is_signed(job: CertificateJob, key: PendingKey) -> None:
    other = replace(job.request, base_service_usages=("codage",))
    with pytest.raises(AgentError) as refused:
        _page(job, key, shown=replace(job, request=other))
    assert refused.value.code == "request_inconsistent"
    data = build_generate_certificate(
        job.request, new_key(job.request.contract.dn).csr(), request_id=f"_{uuid.uuid4()}", issue_instant=NOW
    )
    with pytest.raises(AgentError):
        consent_page(job, data, Texts("en"), public_key_identifier=key.identifier)


def test_hidden_characters_show_themselves(server: Counterpart, key: PendingKey) -> None:
    job = server.add_job(requested_by="Luc\u202eevil", html="<p>pay\u202e\x9b2J</p>")
    page = _page(job, key)
    assert "\u202e" not in str(page)
    assert "\x9b" not in str(page)


def test_contract_html_becomes_structured_text() -> None:
    blocks = contract_blocks(
        "<!DOCTYPE html><html><head><title>t</title><style>x{}</style></head><body><h1>Kop &amp; staart</h1>"
        "<p>Een\n  <b>vet</b><br>regel</p><ul><li>een<ul><li>diep</li></ul></li><li>twee</li></ul>"
        "<ol><li>a</li><li>b</li></ol><hr><script>alert(1)</script>"
        "<table><tr><th>x</th><td>y</td></tr></table><p><a href='https://a.example'>link</a></p>los</body>"
    )
    assert [(b.kind, b.text, b.depth, b.mark) for b in blocks] == [
        ("heading", "Kop & staart", 1, ""),
        ("paragraph", "Een vet\nregel", 0, ""),
        ("item", "een", 1, "•"),
        ("item", "diep", 2, "•"),
        ("item", "twee", 1, "•"),
        ("item", "a", 1, "1."),
        ("item", "b", 1, "2."),
        ("rule", "", 0, ""),
        ("paragraph", "x y", 0, ""),
        ("paragraph", "link <https://a.example>", 0, ""),
        ("paragraph", "los", 0, ""),
    ]


words = st.text("abcdefghij", min_size=1, max_size=8)
tags = st.sampled_from(["p", "div", "h2", "li", "ul", "b", "td", "span", "unknown", "title", "head", "body"])


@given(st.lists(st.tuples(tags, words, st.booleans()), min_size=1, max_size=20))
def test_no_word_of_a_contract_goes_missing(parts: list[tuple[str, str, bool]]) -> None:
    html = "".join(
        f"<{tag}>{word} " + (f"</{tag}>" if closed else "") for tag, word, closed in parts if tag != "title"
    )
    expected = [word for tag, word, _ in parts if tag != "title"]
    shown = " ".join(block.text for block in contract_blocks(html)).split()
    assert shown == expected


def test_an_unclosed_title_does_not_swallow_the_contract() -> None:
    assert [block.text for block in contract_blocks("<title>x<p>read me</p>")] == ["read me"]


def _card(card: SoftwareCard, **changes: str) -> Card:
    facts = {"national_number": card.ssin, "first_names": "An Marie", "surname": card.surname, **changes}
    return Card(
        facts["national_number"],
        facts["first_names"],
        facts["surname"],
        card.authentication,
        card.signature,
        (card.ca, card.root),
        True,
    )


@pytest.mark.parametrize(
    "changes",
    [
        {"national_number": "93051822361"},
        {"first_names": "An"},
        {"surname": "Pieters"},
        {"surname": "PEETERS"},
    ],
)
def test_only_the_signers_own_card_will_do(
    job: CertificateJob, an: SoftwareCard, changes: dict[str, str]
) -> None:
    check_card(job, _card(an), now=NOW)
    with pytest.raises(CardError) as refused:
        check_card(job, _card(an, **changes), now=NOW)
    assert refused.value.code == "wrong_card"
    what, _ = Texts("nl").problem(refused.value)
    assert "An Marie Peeters" in what
    assert an.ssin not in what
    assert an.ssin not in repr(_card(an))


def test_the_signature_certificate_must_be_able_to_sign(job: CertificateJob, citizen_pki: CitizenPki) -> None:
    for changes, code in (
        ({"expired": True}, "signature_expired"),
        ({"non_repudiation": False}, "not_a_signature_certificate"),
    ):
        with pytest.raises(CardError) as refused:
            check_card(job, _card(citizen_pki.card(algorithm="p384", **changes)), now=NOW)  # type: ignore[arg-type]  # table of keywords
        assert refused.value.code == code


def test_a_job_must_be_ours_open_and_consistent(job: CertificateJob) -> None:
    check_job(job, origin=job.server, now=NOW)
    other = replace(job.organisation, identifier=Identifier("CBE", "0809394427"))
    for broken, origin, code in (
        (job, "https://other.example", "other_server"),
        (replace(job, expires_at=NOW - timedelta(seconds=1)), job.server, "job_closed"),
        (replace(job, organisation=other), job.server, "contract_name_mismatch"),
        (
            replace(job, request=replace(job.request, application_id=None)),
            job.server,
            "contract_name_mismatch",
        ),
    ):
        with pytest.raises(AgentError) as refused:
            check_job(broken, origin=origin, now=NOW)
        assert refused.value.code == code


def _words(page: ConsentPage, language: str) -> str:
    return " ".join(block.text for block in page.contract(language)[1])


def test_a_contract_without_words_is_not_signed(job: CertificateJob, key: PendingKey) -> None:
    texts = (LocalisedText("fr", "<style>p</style>"), LocalisedText("nl", " "))
    empty = replace(job.request, contract=replace(job.request.contract, texts=texts))
    with pytest.raises(AgentError, match="request_inconsistent"):
        _page(replace(job, request=empty), key)


def test_a_language_without_words_is_not_offered(server: Counterpart, key: PendingKey) -> None:
    page = _page(server.add_job(html="<script>caché</script>"), key)
    assert page.contract("fr")[0] == "nl"


def test_a_second_text_in_one_language_is_read_after_the_first(job: CertificateJob, key: PendingKey) -> None:
    """Both are in the bytes that are signed."""
    contract = job.request.contract
    twice = replace(contract, texts=(*contract.texts, LocalisedText("FR", "<p>Autre chose.</p>")))
    page = _page(replace(job, request=replace(job.request, contract=twice)), key)
    assert _words(page, "fr").endswith("Autre chose.")
    assert _words(page, "fr").startswith("Contrat eHealth")
    assert {language for language, _ in page.contracts} == {"fr", "nl"}
