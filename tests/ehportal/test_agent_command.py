"""What people are told to type is the command of their own machine, in every language and wherever it is said."""

import re
from pathlib import Path

import pytest
from django.template import Context, Template
from django.test import Client
from django.utils import translation
from pytest_django import Settings

from agent.language import catalogue
from certificates.web.catalogue import CATALOGUE
from organisations.domain.roles import Role
from tests.certificates.renewals.ending import pair
from tests.environment import ROOT
from tests.organisations.web.members import member, signed_in
from tests.support.hospital import Hospital, make_hospital

WORDS = [key.rpartition(".")[2] for key in catalogue("en") if key.startswith("help.command.")]
TYPED = re.compile(rf"ehportal-agent ({'|'.join(WORDS)})\b")
HERE = "'/opt/our agents/ehportal-agent'"


@pytest.fixture
def hospital(db: None, settings: Settings) -> Hospital:
    settings.AGENT_COMMAND = HERE
    return make_hospital()


@pytest.mark.parametrize("suffix", ["po", "html", "txt"])
def test_no_text_of_the_server_names_a_command_by_itself(suffix: str) -> None:
    files = [*Path(ROOT, "ehportal").rglob(f"*.{suffix}")]
    assert files
    assert [str(file) for file in files if TYPED.search(file.read_text("utf-8"))] == []


@pytest.mark.parametrize("language", ["nl", "fr", "de", "en"])
def test_sentences_written_in_python_get_the_command(hospital: Hospital, language: str) -> None:
    with translation.override(language):
        told = [str(entry.remedy) for entry in CATALOGUE if "%(agent)s" in str(entry.remedy)]
        assert len(told) == 2
        for sentence in told:
            shown = Template("{{ sentence|typed:agent }}").render(
                Context({"sentence": sentence, "agent": "X"})
            )
            assert "X doctor" in shown
            assert "%(" not in shown


@pytest.mark.parametrize("language", ["nl", "fr", "de", "en"])
def test_pages_show_the_command_of_this_machine(hospital: Hospital, language: str) -> None:
    client: Client = signed_in(member(hospital.organisation, Role.ADMINISTRATOR, language=language))
    old, _new = pair(hospital)
    shown = HERE.replace("'", "&#x27;")
    for path, word in (
        (f"/certificates/{old.pk}/", "scan"),
        ("/help/answers/", "doctor"),
        ("/organisation/", "organisations"),
    ):
        page = client.get(path).content.decode()
        assert f"{shown} {word}" in page, path
        assert not TYPED.search(page.replace(shown, "")), path
