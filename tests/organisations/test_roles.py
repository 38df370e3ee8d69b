"""Who may do what: the whole table, so that a change of it is a change of a test."""

import pytest

from organisations.domain.roles import Permission, Role, permissions_of

P = Permission
TABLE = {
    Role.ADMINISTRATOR: {
        P.SEE_INVENTORY,
        P.SEE_HISTORY,
        P.REQUEST_CERTIFICATE,
        P.REVOKE_CERTIFICATE,
        P.IMPORT_CERTIFICATES,
        P.MANAGE_ORGANISATION,
        P.SEE_SSIN,
    },
    Role.HOLDER: {P.SEE_INVENTORY, P.SIGN_REQUEST},
    Role.AUDITOR: {P.SEE_INVENTORY, P.SEE_HISTORY},
    Role.VIEWER: {P.SEE_INVENTORY},
}


@pytest.mark.parametrize("role", Role)
def test_what_a_role_may_do(role: Role) -> None:
    assert permissions_of({role}) == TABLE[role]


def test_roles_add_up_and_nobody_may_nothing() -> None:
    assert permissions_of({Role.HOLDER, Role.AUDITOR}) == TABLE[Role.HOLDER] | TABLE[Role.AUDITOR]
    assert permissions_of(set()) == frozenset()


def test_every_permission_is_somebodys() -> None:
    assert permissions_of(set(Role)) == set(Permission)


def test_only_a_holder_signs_and_only_an_administrator_sees_numbers() -> None:
    assert {role for role in Role if P.SIGN_REQUEST in TABLE[role]} == {Role.HOLDER}
    assert {role for role in Role if P.SEE_SSIN in TABLE[role]} == {Role.ADMINISTRATOR}
