"""A journey starts where its user starts: neither demo nor journey plants what a person would have to do."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

from deploy.stack.demo.accounts import HOSPITALS, keep_secret, with_secrets

ROOT = Path(__file__).parents[2]
PLANTED = {
    "Authenticator", "TOTP.activate", "EmailAddress", "set_password", "create_user", "force_login", "add_member",
    "accept_with_password", "choose_password_by_mail", "record_authentication", "Membership.objects.create",
    "signed_in", "give_second_factor",
}  # fmt: skip
"""By which names a second step, a proven address, a password, a session or a role comes about without its person."""


def names_in(path: Path) -> Iterator[str]:
    for node in ast.walk(ast.parse(path.read_text())):
        match node:
            case ast.Attribute():
                yield node.attr
                yield ".".join(ast.unparse(node).split(".")[-3:])
                yield ".".join(ast.unparse(node).split(".")[-2:])
            case ast.Name(id=name) | ast.alias(name=name):
                yield name


@pytest.mark.parametrize("folder", ["deploy/stack", "tests/journeys"])
def test_people_come_in_by_themselves(folder: str) -> None:
    modules = sorted((ROOT / folder).rglob("*.py"))
    assert len(modules) > 5
    found = {(path.name, name) for path in modules for name in names_in(path) if name in PLANTED}
    assert found == set()


def test_a_secret_is_kept_only_once_somebody_was_shown_it(tmp_path: Path) -> None:
    path = tmp_path / "accounts.json"
    everybody = {one.email for hospital in HOSPITALS for one in hospital.accounts}
    assert {email: one.totp_secret for email, one in with_secrets(path).items()} == dict.fromkeys(
        everybody, ""
    )
    assert not path.exists(), "looking makes nothing"
    for email in sorted(everybody)[:2]:
        keep_secret(path, email, f"OF{email[:2].upper()}")
    kept = {email: one.totp_secret for email, one in with_secrets(path).items() if one.totp_secret}
    assert kept == {email: f"OF{email[:2].upper()}" for email in sorted(everybody)[:2]}
    assert path.stat().st_mode & 0o777 == 0o600
