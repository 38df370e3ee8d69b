"""A system of a hospital that calls the API."""

import json
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any

from django.test import Client

from organisations.access import Tenancy, tenancies_of
from organisations.domain.mandates import belgian_day
from organisations.domain.scopes import Scope
from organisations.models import Connection, Organisation, User
from organisations.services.credentials.connections import Wanted, make_connection
from organisations.tenancy import acting_for
from tests.support.hospital import Hospital


def tenancy_in(organisation: Organisation, user: User) -> Tenancy:
    with acting_for([organisation.pk], user=user.pk):
        return Tenancy(user, organisation, dict(tenancies_of(user))[organisation])


@dataclass
class System:
    """A connection with its secret; `get` and `post` come with it."""

    connection: Connection
    secret: str

    def get(self, path: str, **headers: str) -> Any:
        return self.call("GET", path, **headers)

    def call(self, method: str, path: str, body: object = None, **headers: str) -> Any:
        given = {"authorization": f"Bearer {self.secret}"} | headers
        content = json.dumps(body) if body is not None else ""
        whole = path if path.startswith("/") else f"/api/v1/{path}"
        return Client().generic(method, whole, content, content_type="application/json", headers=given)


def connect(
    hospital: Hospital,
    *scopes: Scope,
    name: str = "TOPdesk",
    ends_on: date | None = None,
    now: datetime | None = None,
) -> System:
    """Make a connection as the hospital's administrator; without scopes it may do everything."""
    moment = now or datetime.now(UTC)
    tenancy = tenancy_in(hospital.organisation, hospital.administrator)
    wanted = Wanted(
        name,
        "Tickets for certificates that end",
        "ict@maasdal.example",
        scopes or tuple(Scope),
        ends_on or belgian_day(moment) + timedelta(days=365),
    )
    with acting_for([hospital.organisation.pk], user=hospital.administrator.pk):
        connection, secret = make_connection(tenancy, wanted, now=moment)
    return System(connection, secret)
