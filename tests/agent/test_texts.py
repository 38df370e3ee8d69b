import ast
import re
import string
from pathlib import Path
from typing import get_args

import pytest

import agent
from agent.card import causes
from agent.card.eid import WAITED_FOR
from agent.errors import AgentError, PortalError
from agent.language import LANGUAGES, Texts, catalogue, choose_language, printable, shown_path
from agent.pending import Stage
from agent.portal.answers import read_outcome

SOURCE = Path(agent.__file__).parent
SERVER_CODES = (
    "body_malformed",
    "report_malformed",
    "internal_error",
    "wrong_certificate",
    "token_unknown",
    "token_refused",
    "proof_malformed",
    "government_refused",
    "government_unavailable",
    "question_stale",
    "question_already_used",
    "agent_too_old",
    "proof_stale",
    "proof_invalid",
    "proof_replayed",
    "device_unknown",
    "enrolment_unknown",
    "enrolment_expired",
    "signature_invalid",
    "card_not_trusted",
    "card_expired",
    "card_revoked",
    "card_status_unknown",
    "not_an_authentication_certificate",
    "holder_unknown",
    "job_unknown",
    "job_closed",
    "request_malformed",
    "request_too_large",
    "wrong_signer",
    "not_a_signature_certificate",
    "contract_altered",
    "contact_data_altered",
    "csr_invalid",
    "dn_mismatch",
    "key_already_used",
    "mandate_ended",
    "certificate_mismatch",
)


def _placeholders(text: str) -> set[str]:
    return {name for _, name, _, _ in string.Formatter().parse(text) if name is not None}


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_language_says_the_same_things(language: str) -> None:
    ours, english = catalogue(language), catalogue("en")
    assert set(ours) == set(english)
    for key, text in ours.items():
        assert _placeholders(text) == _placeholders(english[key]), key
        assert text.strip(), key


def test_the_languages_are_really_different() -> None:
    for key in catalogue("en"):
        texts = {catalogue(language)[key] for language in LANGUAGES}
        if key.startswith("problem."):
            assert len(texts) == 4, key


@pytest.mark.parametrize("language", ["nl", "fr", "de"])
def test_a_key_store_is_called_as_on_the_pages(language: str) -> None:
    """The English word stands beside it where a password is made, for it is what software says, and in a command."""
    others = re.compile("keystore|bewaarplaats|schlüsselspeicher", re.IGNORECASE)
    said = {key for key, text in catalogue(language).items() if others.search(text)}
    assert said == {"password.explain", "problem.store_not_der.next"}


@pytest.mark.parametrize("code", SERVER_CODES)
def test_every_refusal_of_the_server_has_a_text(code: str) -> None:
    assert {f"problem.{code}.what", f"problem.{code}.next"} <= set(catalogue("en"))


def _trees() -> list[ast.Module]:
    return [ast.parse(path.read_text("utf-8")) for path in SOURCE.rglob("*.py") if "wire" not in path.parts]


RAISED = ("AgentError", "CardError", "PortalError", "StoreError", "SealError", "Refused")
NO_CODES = {"unknown", "card_cancelled", "password", "code"}  # a field, a cancellation, a word looked for


def _codes(node: ast.AST) -> set[str]:
    if not (isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in RAISED):
        return set()
    texts = [
        c.value for c in ast.walk(node.args[0]) if isinstance(c, ast.Constant) and isinstance(c.value, str)
    ]
    return {text for text in texts if re.fullmatch(r"[a-z_]{4,}[a-z]", text)}


def test_every_problem_raised_in_the_source_has_a_text() -> None:
    found = [_codes(node) for tree in _trees() for node in ast.walk(tree)]
    codes = set().union(*found) - NO_CODES
    assert len(codes) > 40
    assert {code for code in codes if f"problem.{code}.what" not in catalogue("en")} == set()


def test_every_cause_of_the_card_has_a_text() -> None:
    named = {*causes.PERSON.values(), *causes.NO_CERTIFICATE.values(), *causes.NO_KEY.values()}
    named |= {*causes.OUT_OF_DATE.values(), *causes.ASK_AGAIN, *WAITED_FOR, "dialog_impossible", "pcsc_down"}
    assert {code for code in named - NO_CODES if f"problem.{code}.what" not in catalogue("en")} == set()


def test_every_text_asked_for_in_the_source_exists() -> None:
    asked = set()
    for tree in _trees():
        for node in ast.walk(tree):
            if isinstance(node, ast.Call) and node.args and isinstance(node.args[0], ast.Constant):
                name = ast.unparse(node.func)
                if name in ("texts", "self.texts", "self._texts"):
                    asked.add(str(node.args[0].value))
    assert len(asked) > 50
    assert asked <= set(catalogue("en"))


def test_an_unknown_code_gets_the_servers_own_words_made_harmless() -> None:
    error = PortalError("brand_new", status=422, title="Nieuw", detail="Uitleg\x1b[2J")
    what, following = Texts("nl").problem(error)
    assert "brand_new" in what
    assert "Uitleg" in what
    assert "\x1b" not in what
    assert following
    assert "wrong" not in Texts("fr").problem(AgentError("wrong_card", expected="An Peeters"))[0]


def test_language_comes_from_wish_then_system(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LC_ALL", "de_BE.UTF-8")
    assert choose_language("fr", "nl") == "fr"
    assert choose_language(None, "nl") == "nl"
    assert choose_language(None, None) == "de"
    monkeypatch.setenv("LC_ALL", "C")
    assert choose_language("es") == "en"


def test_a_file_s_name_stays_on_one_line() -> None:
    fake = Path("/home/an/a.p12\n✓ everything is fine\t.p12")
    assert shown_path(fake) == "/home/an/a.p12\ufffd✓ everything is fine\ufffd.p12"


def test_nothing_that_repaints_or_turns_text_around_is_shown() -> None:
    assert printable("a\x1b[2Jb\u202egnp.exe\x9bq\n") == "a\ufffd[2Jb\ufffdgnp.exe\ufffdq\n"


def test_every_stage_of_a_job_has_a_word() -> None:
    assert {f"status.stage.{stage}" for stage in get_args(Stage)} <= set(catalogue("en"))


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("detail", ["NISS 85.07.30-033.28 inconnu", ""])
def test_what_the_government_said_is_in_the_problem(language: str, detail: str) -> None:
    error = PortalError("government_refused", status=409, title="Refused as such.", detail=detail)
    what, _next = Texts(language).problem(error)
    assert "85.07.30-033.28" not in what, "masked"
    assert ("inconnu" if detail else "Refused as such.") in what


def test_a_code_of_ours_from_a_server_breaks_nothing() -> None:
    texts = Texts("en")
    for key in catalogue("en"):
        if key.startswith("problem.") and key.endswith(".what"):
            texts.problem(PortalError(key.split(".")[1], status=400))
    what, _next = texts.problem(PortalError("x\ud800", title="of 85073003328"))
    what.encode()
    assert "85073003328" not in what


@pytest.mark.parametrize(("pause", "seconds"), [(10**400, 300.0), (float("inf"), 300.0), (-(10**400), 0.2)])
def test_a_pause_without_measure_is_cut(pause: float, seconds: float) -> None:
    assert read_outcome({"state": "waiting", "poll_after_seconds": pause}).poll_after_seconds == seconds
