"""Every state has a word, and every word is said in every language."""

import re
from io import BytesIO
from pathlib import Path

import pytest
from babel.messages.catalog import Message
from babel.messages.extract import extract
from babel.messages.pofile import read_po
from django.utils import translation
from django.utils.functional import Promise
from django.utils.translation.template import templatize

from certificates.domain.foreign_lifecycle import ForeignState
from certificates.domain.lifecycle import Environment, RequestState
from certificates.domain.papers import PaperState
from certificates.domain.validity import RevocationStatus, Standing
from certificates.services.requests.start import BASE_SERVICES as KNOWN_SERVICES
from certificates.web.foreigners import words as foreign_words
from certificates.web.papers import words as paper_words
from certificates.web.parts import words as certificate_words
from ehportal.operation.catalogues import LOCALE, compile_catalogues
from organisations.domain.identifiers import TYPES
from organisations.domain.mandates import MandateState
from organisations.domain.roles import Role
from organisations.web import words

LANGUAGES = ("nl", "fr", "de")
ROOT = Path(__file__).resolve().parents[3]
PLACEHOLDER = re.compile(r"%\(\w+\)[sd]")


def _messages(language: str) -> list[Message]:
    with (LOCALE / language / "LC_MESSAGES" / "django.po").open("rb") as file:
        return [message for message in read_po(file, locale=language) if message.id]


def _forms(message: Message) -> list[tuple[str, str]]:
    """Pairs of source and translation, one a plural form."""
    if isinstance(message.id, (list, tuple)):
        assert isinstance(message.string, (list, tuple)), message.id
        return list(zip(message.id, message.string, strict=True))
    return [(str(message.id), str(message.string))]


@pytest.mark.parametrize("language", LANGUAGES)
def test_each_sentence_is_said_once(language: str) -> None:
    text = (LOCALE / language / "LC_MESSAGES" / "django.po").read_text()
    assert not re.findall(r'^msgstr "[^\n]*\n(?:"[^\n]*\n)*msgstr "', text, flags=re.MULTILINE)
    with (LOCALE / language / "LC_MESSAGES" / "django.po").open("rb") as file:
        read_po(file, locale=language, abort_invalid=True)


@pytest.mark.parametrize("language", LANGUAGES)
def test_catalogues_are_whole(language: str) -> None:
    messages = _messages(language)
    assert len(messages) > 500
    for message in messages:
        assert not message.fuzzy, message.id
        for source, text in _forms(message):
            assert text.strip(), f"{language}: {source}"
            assert set(PLACEHOLDER.findall(source)) == set(PLACEHOLDER.findall(text)), source
            assert source.endswith((".", ":")) == text.endswith((".", ":")), f"{language}: {source}"


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_key_store_has_one_name(language: str) -> None:
    """The agent's texts use the same (tests/agent/test_texts.py)."""
    others = re.compile("keystore|bewaarplaats|schlüsselspeicher", re.IGNORECASE)
    texts = [text for message in _messages(language) for _source, text in _forms(message)]
    assert [text for text in texts if others.search(text)] == []


def _marked() -> set[str]:
    """Every sentence that code or templates mark for translation."""
    keywords = {
        "_": None,
        "gettext": None,
        "gettext_lazy": None,
        "ngettext": (1, 2),
        "pgettext": ((1, "c"), 2),
        "npgettext": ((1, "c"), 2, 3),
    }
    found: set[str] = set()
    for app in ("certificates", "ehportal", "organisations"):
        for path in (ROOT / app).rglob("*"):
            if path.suffix not in {".py", ".html", ".txt"} or "migrations" in path.parts:
                continue
            source = path.read_text(encoding="utf-8")
            if path.suffix != ".py":
                source = templatize(source)
            for _line, message, _comments, _context in extract("python", BytesIO(source.encode()), keywords):
                found.add(message if isinstance(message, str) else str(message[0]))
    return found - {""}


@pytest.mark.parametrize("language", LANGUAGES)
def test_everything_that_is_marked_is_in_the_catalogue(language: str) -> None:
    """Run makemessages and translate what is new when this fails."""
    known = {
        message.id if isinstance(message.id, str) else str(message.id[0]) for message in _messages(language)
    }
    marked = _marked()
    assert len(marked) > 500
    assert marked - known == set()


def test_catalogues_hold_the_same_messages() -> None:
    ids = [{(message.context, str(message.id)) for message in _messages(language)} for language in LANGUAGES]
    assert ids[0] == ids[1] == ids[2]


@pytest.mark.parametrize(
    ("labels", "states"),
    [
        (words.ROLES, set(Role)),
        (words.ROLE_EXPLANATIONS, set(Role)),
        (words.MANDATE_STATES, set(MandateState)),
        (words.IDENTIFIER_TYPES, set(TYPES)),
        (certificate_words.ENVIRONMENTS, set(Environment)),
        (words.ENVIRONMENTS, {environment.value for environment in Environment}),
        (certificate_words.STANDINGS, set(Standing)),
        (certificate_words.REVOCATION, set(RevocationStatus)),
        (certificate_words.REQUEST_STATES, set(RequestState)),
        (certificate_words.EXPLANATIONS, set(RequestState)),
        (certificate_words.BASE_SERVICES, set(KNOWN_SERVICES)),
        (foreign_words.FOREIGN_STATES, set(ForeignState)),
        (foreign_words.FOREIGN_EXPLANATIONS, set(ForeignState)),
        (paper_words.PAPER_STATES, set(PaperState)),
        (paper_words.PAPER_EXPLANATIONS, set(PaperState)),
    ],
)
def test_every_state_has_a_word(labels: dict[object, object], states: set[object]) -> None:
    assert set(labels) == states


def test_every_move_of_a_request_has_a_word_in_the_record() -> None:
    moves = {f"request_{state.value}" for state in RequestState}
    moves |= {f"foreign_{state.value}" for state in ForeignState if state is not ForeignState.AWAITING_CSR}
    moves |= {f"paper_{state.value}" for state in PaperState}
    assert moves <= set(words.ACTIONS)


def test_every_action_that_services_write_has_a_word() -> None:
    written: set[str] = set()
    for path in (*ROOT.glob("organisations/services/*.py"), *ROOT.glob("certificates/services/**/*.py")):
        text = path.read_text(encoding="utf-8")
        written |= set(re.findall(r"\brecord\(\s*[\w.]+,\s*\"([a-z_]+)\"", text))
    assert "person_added" in written
    assert written <= set(words.ACTIONS)


@pytest.mark.parametrize("language", LANGUAGES)
def test_words_are_said_in_the_readers_language(language: str) -> None:
    compile_catalogues()
    same = {
        "ApplicationId",
        "SHA-256",
        "name",
        "person",
        "format",
        "Name",
        "Person",
        "Consortium",
        "Production",
    }
    with translation.override("en"):
        english = [str(text) for text in words.ACTIONS.values()]
        english += [str(label) for label in certificate_words.REQUEST_STATES.values()]
    with translation.override(language):
        said = [str(text) for text in words.ACTIONS.values()]
        said += [str(label) for label in certificate_words.REQUEST_STATES.values()]
    assert all(one != other for one, other in zip(english, said, strict=True) if one not in same)
    assert all(isinstance(text, Promise) for text in words.ACTIONS.values())


def test_compiling_twice_writes_once(tmp_path: Path) -> None:
    source = LOCALE / "nl" / "LC_MESSAGES" / "django.po"
    folder = tmp_path / "nl" / "LC_MESSAGES"
    folder.mkdir(parents=True)
    (folder / "django.po").write_bytes(source.read_bytes())
    assert len(compile_catalogues(tmp_path)) == 1
    assert compile_catalogues(tmp_path) == []


NOTICE = (
    r'(?:Notice|Ending|_steps)\(\s*"(\w+)"|(?:kind, write = )"(\w+)"'
    r'|told_of_end\(\s*\w+,\s*\w+,\s*"(\w+)"|Event\([^,]+,\s*"(\w+)"'
)


def test_every_kind_of_reminder_has_a_word() -> None:
    house = ROOT / "certificates"
    sources = [*(house / "services" / "reminders").glob("*.py"), house / "domain" / "watch" / "notices.py"]
    kinds = {kind for one in sources for pair in re.findall(NOTICE, one.read_text()) for kind in pair if kind}
    assert kinds == set(words.REMINDERS)
