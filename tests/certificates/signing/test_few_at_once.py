"""A government that hangs never takes all threads of a web process, and no call of a page goes round the bound."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.conf import settings

from certificates.domain.lifecycle import Environment
from certificates.errors.signing import GovernmentUnavailable
from certificates.services.requests import application_ids
from certificates.services.signing import few_at_once as bound
from certificates.services.signing.few_at_once import few_at_once, seats

HOUSE = Path(__file__).resolve().parents[3]
GATEWAYS = {"gateway_of", "token_gateway_of", "depot_of"}
"""Who names one of these calls the government."""
FOR_WORKERS = {"check_revocation", "validate", "judge_card"}
"""Who names one of these asks a certificate's authority."""


@pytest.fixture
def taken(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Every place is another thread's."""
    monkeypatch.setattr(bound, "QUEUEING", 0.01)
    for _ in range(settings.WEB_CALLS):
        assert seats.acquire(blocking=False)
    yield
    for _ in range(settings.WEB_CALLS):
        seats.release()


def test_who_finds_no_place_is_told_and_asks_nobody(taken: None, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[Environment] = []
    monkeypatch.setattr(application_ids, "gateway_of", asked.append)
    found = application_ids.existing_application_ids(Environment.ACCEPTANCE, "CBE", "0406798006")
    assert (found.known, asked) == (False, [])
    with pytest.raises(GovernmentUnavailable), few_at_once():
        raise AssertionError("there is no place")


def test_a_place_is_given_back_whatever_comes_of_the_call() -> None:
    for _ in range(3 * settings.WEB_CALLS):
        with pytest.raises(KeyError), few_at_once():
            raise KeyError
    with few_at_once():
        pass


def names_in(node: ast.AST) -> set[str]:
    return {one.id for one in ast.walk(node) if isinstance(one, ast.Name)}


def functions_of_web_processes() -> Iterator[tuple[Path, ast.FunctionDef]]:
    for floor in ("certificates/api", "certificates/web", "organisations/api", "organisations/web"):
        for path in sorted((HOUSE / floor).rglob("*.py")):
            for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
                if isinstance(node, ast.FunctionDef):
                    yield path, node


def test_every_call_of_a_page_has_its_place() -> None:
    seen = 0
    for path, function in functions_of_web_processes():
        names = names_in(function)
        if names & GATEWAYS:
            seen += 1
            assert "few_at_once" in names, f"{path.relative_to(HOUSE)}: {function.name}"
        assert not names & FOR_WORKERS, f"{path.relative_to(HOUSE)}: {function.name}"
    assert seen >= 7, "the walk sees the house"
