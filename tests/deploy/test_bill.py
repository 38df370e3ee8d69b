"""The list of dependencies and the bill of materials: current, whole, and of licences that go with ours."""

import json
import re

from deploy import bill
from deploy.locks import AGENT, SERVER, pinned
from tests.environment import ROOT

AGAIN = "run: python -m deploy.bill"


def test_list_and_bill_are_what_the_locks_give() -> None:
    found = bill.parts()
    assert bill.LIST.read_text("utf-8") == bill.as_list(found), AGAIN
    assert bill.BILL.read_text("utf-8") == bill.as_bill(found), AGAIN


def test_the_bill_holds_every_locked_package_once_and_knows_its_own_references() -> None:
    told = json.loads(bill.BILL.read_text("utf-8"))
    named = [(one["name"], one["version"]) for one in told["components"]]
    assert sorted(named) == sorted((pinned(SERVER.file) | pinned(AGENT.file)).items())
    refs = {one["bom-ref"] for one in told["components"]} | {told["metadata"]["component"]["bom-ref"]}
    assert {one["ref"] for one in told["dependencies"]} == refs
    assert {ref for one in told["dependencies"] for ref in one["dependsOn"]} <= refs
    django = next(one for one in told["dependencies"] if one["ref"].startswith("pkg:pypi/django@"))
    assert any(ref.startswith("pkg:pypi/sqlparse@") for ref in django["dependsOn"])


GO_WITH_OURS = re.compile(
    r"MIT|BSD|Apache|ISC|PSF|Python Software Foundation|Zope|Unlicense|CC0|SIL Open Font|OFL"
    r"|MPL|Mozilla Public License 2.0|LGPL|Lesser General Public License|GPL-2.0-or-later|GPL-3.0"
)
"""Permissive licences, and those of the EUPL's appendix; GPL-2.0-or-later is the agent's PKCS#11 library's."""


def test_every_licence_goes_with_ours() -> None:
    assert [one for one in bill.parts() if not GO_WITH_OURS.search(one.licence)] == []


def test_the_licence_is_the_eupl() -> None:
    text = (ROOT / "LICENSE").read_text("utf-8")
    assert text.startswith("EUROPEAN UNION PUBLIC LICENCE v. 1.2\nEUPL © the European Union 2007, 2016\n")
    for number, heading in ((1, "Definitions"), (5, "Obligations of the Licensee"), (15, "Applicable Law")):
        assert f"\n{number}.{heading}\n" in text
    assert "— GNU General Public License (GPL) v. 2, v. 3\n" in text
    for project in ("pyproject.toml", "agent/pyproject.toml"):
        assert 'license = "EUPL-1.2"' in (ROOT / project).read_text("utf-8")
