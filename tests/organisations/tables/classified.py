"""Every table of the database: of a tenant, with its policies as PostgreSQL tells them, or of nobody, and why.

A new table is written down here by whoever makes it.
"""

from dataclasses import dataclass

ANY = (
    "= ANY (( SELECT (COALESCE(NULLIF(current_setting('ehportal.organisations'::text, true), ''::text), '{}'::text))"
    '::uuid[] AS "coalesce")::uuid[]))'
)
NAMED = f"(organisation_id {ANY}"
PLATFORM = "( SELECT (COALESCE(current_setting('ehportal.platform'::text, true), ''::text) = 'on'::text))"
USER = "( SELECT (NULLIF(current_setting('ehportal.user'::text, true), ''::text))::uuid AS \"nullif\")"


@dataclass(frozen=True)
class Policy:
    """One policy: `restrictive` ones narrow what the others allow; `command` is ALL or SELECT."""

    using: str
    check: str | None = None
    restrictive: bool = False
    command: str = "ALL"


def _seen(table: str, column: str, parent: str) -> str:
    exists = f"EXISTS ( SELECT 1 FROM {parent} parent WHERE (parent.id = {table}.{column}))"  # noqa: S608  # compared, never run
    return f"(({column} IS NULL) OR ({exists}))"


def _only(condition: str) -> Policy:
    return Policy(condition, restrictive=True)


def _with_its_certificate(table: str) -> dict[str, Policy]:
    seen = _seen(table, "certificate_id", "certificates_certificate")
    return {"private": _only(f"({PLATFORM} OR {seen})")}


def _own(column: str) -> dict[str, Policy]:
    return {"own": Policy(f"({column} = {USER})", command="SELECT")}


_PRIVATE = {"private": _only(f"((private_to_id IS NULL) OR {PLATFORM} OR (private_to_id = {USER}))")}
_JOB = " AND ".join(
    _seen("certificates_agentjob", f"{one}_id", f"certificates_{parent}")
    for one, parent in (
        ("request", "certificaterequest"),
        ("revocation", "revocation"),
        ("token", "encryptiontoken"),
    )
)
_OWN_FEED = f"((organisation_id IS NULL) AND (user_id = {USER}))"
_BESIDES: dict[str, dict[str, Policy]] = {
    "certificates_agentjob": {"private": _only(f"({PLATFORM} OR ({_JOB}))")},
    "certificates_carer": _with_its_certificate("certificates_carer"),
    "certificates_certificate": _PRIVATE,
    "certificates_certificaterequest": _PRIVATE,
    "certificates_consignment": {},
    "certificates_consignmentpart": {},
    "certificates_continuityproof": _with_its_certificate("certificates_continuityproof"),
    "certificates_loginproof": _with_its_certificate("certificates_loginproof"),
    "certificates_encryptiontoken": _with_its_certificate("certificates_encryptiontoken"),
    "certificates_errand": {"private": _only(f"({PLATFORM} OR (private_to_id = {USER}))")},
    "certificates_foreignrequest": {},
    "certificates_importbatch": {},
    "certificates_intake": {},
    "certificates_installation": _with_its_certificate("certificates_installation"),
    "certificates_machinelook": {},
    "certificates_mute": _with_its_certificate("certificates_mute"),
    "certificates_note": _with_its_certificate("certificates_note"),
    "certificates_noticepolicy": {},
    "certificates_endingpolicy": {},
    "certificates_paper": {},
    "certificates_preparedsoftware": {},
    "certificates_recordproposal": _with_its_certificate("certificates_recordproposal"),
    "certificates_recordsinquiry": {},
    "certificates_revocation": _with_its_certificate("certificates_revocation"),
    "certificates_savedview": _PRIVATE,
    "certificates_searchentry": _PRIVATE,
    "certificates_servicetargets": {},
    "certificates_tally": _PRIVATE,
    "certificates_tag": _with_its_certificate("certificates_tag"),
    "organisations_auditevent": _PRIVATE,
    "organisations_calendarfeed": {"own": Policy(_OWN_FEED, _OWN_FEED)},
    "organisations_connection": {},
    "organisations_connectionsecret": {},
    "organisations_correspondent": {},
    "organisations_devicelink": _own("account_id"),
    "organisations_invitation": {},
    "organisations_keptanswer": {},
    "organisations_mandate": {},
    "organisations_membership": _own("user_id"),
    "organisations_organisationidentifier": {},
    "organisations_person": {"private": _only(f"({PLATFORM} OR ({USER} IS NOT NULL))")},
    "organisations_delivery": {},
    "organisations_recipient": {},
    "organisations_reminder": _PRIVATE,
    "organisations_webhook": {},
}
TENANTS: dict[str, dict[str, Policy]] = {
    table: {"named": Policy(NAMED, NAMED)} | besides for table, besides in _BESIDES.items()
} | {"organisations_organisation": {"named": Policy(f"(id {ANY}", f"(id {ANY}")}}
"""Table to its policies, by their names without the table's: rows of one organisation."""

NOBODYS: dict[str, str] = {
    "account_emailaddress": "An account is one person's in all organisations; its addresses are the account's.",
    "account_emailconfirmation": "A link that an account has yet to follow; it belongs to the account.",
    "auth_group": "Made by Django, empty: roles are memberships of an organisation.",
    "auth_group_permissions": "Made by Django, empty, as auth_group.",
    "auth_permission": "Names of Django's permissions, the same for all; nothing asks for them.",
    "django_content_type": "Names of our models, the same for all.",
    "django_migrations": "Which migrations were applied to this database.",
    "django_session": "Sessions of accounts, looked up by a key that only the browser has.",
    "ehportal_cache": "Counts of failed sign-ins and codes that were used, before anybody is known.",
    "mfa_authenticator": "Second steps of accounts, before an organisation is chosen.",
    "certificates_cardcheck": "Cards whose authority is asked, whoever they then work for; sealed, and gone soon.",
    "certificates_endfigure": "How many certificates end when, for all organisations together; figures only.",
    "certificates_maintenance": "When the platform announced that a service may be away: the same for all.",
    "certificates_incident": "When a service of the government was away: the same for all.",
    "certificates_issuer": "Certificates of authorities that lead to an anchor: public, the same for all.",
    "certificates_listchange": "What was otherwise in a version of a public list of the platform.",
    "certificates_listoperator": "Operators that a public list announced; whether they count is the operator's to say.",
    "certificates_listversion": "Versions of the platform's public lists, the same for all.",
    "certificates_platformcertificate": "The platform's own certificates: public, the same for all.",
    "certificates_storenumber": "Under which number a public certificate stands in trust stores, the same for all.",
    "certificates_watchedlist": "Which public lists of the platform are asked for, and how that goes.",
    "certificates_listedcertificate": "The entries of such a list: serial numbers of its issuer, whoever has them.",
    "certificates_probedservice": "Services of the government, and whether they are there: the same for all.",
    "certificates_revocationlist": "What an authority publishes of all that it revoked; it names no organisation.",
    "certificates_servicecall": "How a call to a service of the government ended, whoever needed it.",
    "certificates_servicehour": "How many calls to a service of the government ended so, in an hour.",
    "certificates_statusanswer": "What an authority says of authorities below it, public and gone in an hour.",
    "organisations_calltally": "How calls to hosts outside ended, for all organisations together.",
    "organisations_accountletter": "Letters to accounts that wait; addresses are sealed, and links are not in it.",
    "organisations_circuit": "Which hosts outside are resting: addresses of services, nothing of an organisation.",
    "organisations_chore": "When the platform's own chores are due; it holds nothing of anybody.",
    "organisations_device": "A workstation is its holder's; organisations have links to it, which are theirs.",
    "organisations_enrolment": "Started enrolments: who comes is known only when the card has signed.",
    "organisations_proofuse": "Ids of device proofs and the answers to them, looked up by the device's own key.",
    "organisations_returnedmail": "Addresses whose mail came back: the server that reads it knows no organisation.",
    "organisations_turn": "When an organisation's work was last taken up; the web role can neither read nor write it.",
    "organisations_user": "An account is one person's in all organisations; memberships say which.",
}
"""Table to the reason why its rows belong to no organisation."""

UNREACHABLE = {"organisations_turn"}
"""Tables that the web role may not touch at all."""
