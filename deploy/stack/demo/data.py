"""Loads the demo's hospitals: `python -m deploy.stack.demo.data FOLDER SANDBOX_CONTROL`, in the server's environment.

Safe to run again: what is there stays. Their first certificates are made by the sandbox, so the inventory of the demo
holds real certificates at different ages, taken in through the product's own import. Its people come in through the
pages of the server that runs: an invitation, a password, a second step.
"""

import os
import sys
import urllib.request
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from uuid import NAMESPACE_URL, UUID, uuid5

import django

from deploy.stack.demo.accounts import HOSPITALS, DemoHospital

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "ehportal.settings")
django.setup()

import json  # noqa: E402  # Django must be set up before its models are imported

from django.conf import settings  # noqa: E402

from certificates.services.inventory.imports import preview, take, upload  # noqa: E402
from deploy.stack.demo.arrivals import Arrivals  # noqa: E402
from organisations.models import Organisation, OrganisationIdentifier, User  # noqa: E402
from organisations.services.audit import Actor  # noqa: E402
from organisations.services.identifiers import add_identifier  # noqa: E402
from organisations.services.mandates import give_mandate  # noqa: E402
from organisations.services.organisations import add_organisation  # noqa: E402
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


def load(hospital: DemoHospital, secrets: Path, control: str) -> None:
    """Make one tenant with its people, mandates, members and first certificates; nothing when it is there."""
    key, now = organisation_id(hospital), datetime.now(UTC)
    first = hospital.accounts[0]
    with acting_for([key], as_platform=True):
        if OrganisationIdentifier.objects.filter(organisation=key).exists():
            return
        is_made = Organisation.objects.filter(pk=key).exists()
    if not is_made:
        add_organisation(
            name=hospital.name,
            language=hospital.language,
            administrator_email=first.email,
            administrator_name=first.full_name,
            actor=PLATFORM,
            now=now,
            key=key,
        )
    arrivals = Arrivals(key, settings.ORIGIN, secrets)
    for account in hospital.accounts:
        arrivals.come_in(account, first)
    with acting_for([key], as_platform=True):
        organisation = Organisation.objects.get(pk=key)
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
            user=User.objects.get(email=hospital.holder_email),
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
            fill_inventory(organisation, hospital, User.objects.get(email=first.email), control, now)


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
    for hospital in HOSPITALS:
        load(hospital, folder / "accounts.json", control)


if __name__ == "__main__":
    main(Path(sys.argv[1]), sys.argv[2])
