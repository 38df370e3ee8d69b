"""Loads the demo's hospitals: `python -m deploy.stack.demo.data FOLDER SANDBOX_CONTROL`, in the server's environment.

Safe to run again: what is there stays. Their first certificates are made by the sandbox, so the inventory of the demo
holds real certificates at different ages, taken in through the product's own import.
"""

import os
import sys
import urllib.request
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from uuid import NAMESPACE_URL, UUID, uuid5

import django

from deploy.stack.demo.accounts import HOSPITALS, PASSWORD, Account, DemoHospital, with_secrets

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "ehportal.settings")
django.setup()

import json  # noqa: E402  # Django must be set up before its models are imported

from allauth.mfa.models import Authenticator  # noqa: E402
from allauth.mfa.totp.internal.auth import TOTP  # noqa: E402

from certificates.services.inventory.imports import preview, take, upload  # noqa: E402
from organisations.domain.roles import Role  # noqa: E402
from organisations.models import Organisation, User  # noqa: E402
from organisations.services.audit import Actor  # noqa: E402
from organisations.services.identifiers import add_identifier  # noqa: E402
from organisations.services.mandates import give_mandate  # noqa: E402
from organisations.services.members import add_member  # noqa: E402
from organisations.services.people import add_person  # noqa: E402
from organisations.tenancy import acting_for  # noqa: E402

PLATFORM = Actor.platform()

INVENTORY = (
    ("production", "", 1000),
    ("production", "APOTHEEK", 1032),
    ("production", "LABO", 640),
    ("production", "MYCARENET", 215),
    ("production", "EHBOX", 1120),
    ("acceptance", "TEST-EPD", 880),
)
"""Environment, ApplicationId and age in days of the certificates that the demo's first hospital already has."""


def organisation_id(hospital: DemoHospital) -> UUID:
    """Return the same id at every load."""
    return uuid5(NAMESPACE_URL, f"urn:ehportal:demo:{hospital.name}")


def load(hospital: DemoHospital, accounts: dict[str, Account], control: str) -> None:
    """Make one tenant with its people, mandates, members and first certificates; nothing when it is there."""
    key, now = organisation_id(hospital), datetime.now(UTC)
    with acting_for([key], as_platform=True):
        if Organisation.objects.filter(pk=key).exists():
            return
        organisation = Organisation.objects.create(id=key, name=hospital.name, language=hospital.language)
        users: dict[str, User] = {}
        for account in hospital.accounts:
            for role in account.roles:
                users[account.email], _ = add_member(
                    organisation,
                    email=account.email,
                    full_name=account.full_name,
                    role=Role(role),
                    language=account.language,
                    actor=PLATFORM,
                    now=now,
                )
            open_account(users[account.email], accounts[account.email])
        identifiers = [
            add_identifier(organisation, type=kind, value=value, actor=PLATFORM, now=now)[0]
            for kind, value in hospital.identifiers
        ]
        holder = add_person(
            organisation,
            first_names=hospital.first_names,
            name=hospital.surname,
            ssin=hospital.ssin,
            email=hospital.holder_email,
            language=hospital.language,
            user=users[hospital.holder_email],
            actor=PLATFORM,
            now=now,
        )
        give_mandate(
            organisation,
            person=holder,
            identifier=identifiers[0],
            starts_on=date(2022, 1, 1),
            reference="VM-2022-014",
            actor=PLATFORM,
            now=now,
        )
        if hospital is HOSPITALS[0]:
            fill_inventory(organisation, hospital, users["els.wouters@maasdal.example"], control, now)


def open_account(user: User, account: Account) -> None:
    """Give the account its password and TOTP secret."""
    user.set_password(PASSWORD)
    user.save(update_fields=["password"])
    if not Authenticator.objects.filter(user=user).exists():
        TOTP.activate(user, account.totp_secret)


def fill_inventory(
    organisation: Organisation, hospital: DemoHospital, user: User, control: str, now: datetime
) -> None:
    """Have the sandbox issue certificates of different ages, and import them as an administrator would."""
    kind, value = hospital.identifiers[0]
    files = []
    for environment, application_id, age in INVENTORY:
        order = {
            "environment": environment,
            "identifier": {"type": kind, "value": value},
            "name": hospital.name,
            "application_id": application_id or None,
            "not_before": (now - timedelta(days=age)).isoformat(),
        }
        request = urllib.request.Request(  # noqa: S310  # the sandbox's control address
            f"{control}/control/issue", json.dumps(order).encode(), {"Content-Type": "application/json"}
        )
        with urllib.request.urlopen(request, timeout=30) as answer:  # noqa: S310  # as above
            pem = json.load(answer)["pem"]
        files.append((f"{environment}-{application_id or 'main'}.pem", pem.encode()))
    batch = upload(organisation, files, user=user, actor=PLATFORM, now=now)
    take(
        batch,
        {line.key for line in preview(batch, now=now) if line.takeable},
        actor=Actor.user(user),
        now=now,
    )


def main(folder: Path, control: str) -> None:
    """Load every hospital."""
    accounts = with_secrets(folder / "accounts.json")
    for hospital in HOSPITALS:
        load(hospital, accounts, control)


if __name__ == "__main__":
    main(Path(sys.argv[1]), sys.argv[2])
