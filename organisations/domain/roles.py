"""Roles of a member in an organisation, and what each may do."""

from enum import StrEnum


class Role(StrEnum):
    """What a member is in one organisation; a person may have several roles."""

    ADMINISTRATOR = "administrator"
    HOLDER = "holder"
    AUDITOR = "auditor"
    VIEWER = "viewer"


class Permission(StrEnum):
    """What a role may do. Pages, API and services ask for these, never for a role."""

    SEE_INVENTORY = "see_inventory"
    SEE_HISTORY = "see_history"
    REQUEST_CERTIFICATE = "request_certificate"
    REVOKE_CERTIFICATE = "revoke_certificate"
    SIGN_REQUEST = "sign_request"
    IMPORT_CERTIFICATES = "import_certificates"
    MANAGE_ORGANISATION = "manage_organisation"
    SEE_SSIN = "see_ssin"


PERMISSIONS: dict[Role, frozenset[Permission]] = {
    Role.ADMINISTRATOR: frozenset(
        {
            Permission.SEE_INVENTORY,
            Permission.SEE_HISTORY,
            Permission.REQUEST_CERTIFICATE,
            Permission.REVOKE_CERTIFICATE,
            Permission.IMPORT_CERTIFICATES,
            Permission.MANAGE_ORGANISATION,
            Permission.SEE_SSIN,
        }
    ),
    Role.HOLDER: frozenset({Permission.SEE_INVENTORY, Permission.SIGN_REQUEST}),
    Role.AUDITOR: frozenset({Permission.SEE_INVENTORY, Permission.SEE_HISTORY}),
    Role.VIEWER: frozenset({Permission.SEE_INVENTORY}),
}


def permissions_of(roles: frozenset[Role] | set[Role]) -> frozenset[Permission]:
    """Return everything that any of `roles` may do."""
    return frozenset().union(*(PERMISSIONS[role] for role in roles))
