"""What every test stands on: one PostgreSQL per session, migrated by the owner, used by the web role."""

import os
import signal
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

import pytest
import pytest_django
from hypothesis import HealthCheck
from hypothesis import settings as examples

from tests import environment
from tests.support.sandbox import SandboxProcess

environment.prepare()
# A shell that starts the tests beside itself (`&`) has them ignore Ctrl-C, and whatever they start would inherit that.
signal.signal(signal.SIGINT, signal.default_int_handler)
# An example may take as long as the machine is busy.
examples.register_profile("unhurried", deadline=None, suppress_health_check=[HealthCheck.too_slow])
examples.load_profile("unhurried")


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--full", action="store_true", help="run the campaigns whole instead of a seeded sample")


@pytest.fixture(scope="session")
def full(request: pytest.FixtureRequest) -> bool:
    """True when campaigns run whole."""
    return bool(request.config.getoption("--full"))


@pytest.fixture(scope="session")
def admin_url() -> str:
    """Address of a PostgreSQL superuser: TEST_DATABASE_URL, or the embedded server."""
    from deploy.stack import postgres

    given = os.environ.get("TEST_DATABASE_URL")
    return given or postgres.start_embedded(Path(environment.ROOT) / ".demo" / "test-postgres")


@pytest.fixture(scope="session")
def owner_url(admin_url: str, django_db_blocker: pytest_django.DjangoDbBlocker) -> str:
    """Address of the owner role in this session's new database; the default connection is the web role's."""
    from django.conf import settings
    from django.core.management import call_command
    from django.db import connections

    from deploy.stack import postgres
    from ehportal import env

    urls = postgres.prepare(
        admin_url,
        f"ehportal_test_{os.getpid()}",
        passwords={postgres.OWNER: "owner", postgres.WEB: "web"},
        fresh=True,
    )

    def use(url: str) -> None:
        connections["default"].close()
        settings.DATABASES["default"].update(env.database(url))
        connections["default"].settings_dict.update(env.database(url))

    with django_db_blocker.unblock():
        use(urls.owner)
        call_command("migrate", verbosity=0)
        use(urls.web)
    os.environ["DATABASE_URL"] = urls.web
    return urls.owner


@pytest.fixture(scope="module")
def committing(
    django_db_setup: None, admin_url: str, owner_url: str, django_db_blocker: pytest_django.DjangoDbBlocker
) -> Iterator[None]:
    """For a module whose rows other connections must see. Afterwards the database is emptied for those that follow."""
    from django.db import connections

    with django_db_blocker.unblock():
        yield
        connections.close_all()
    forget_rows(urlsplit(admin_url)._replace(path=urlsplit(owner_url).path).geturl())


def forget_rows(url: str) -> None:
    """Empty every table that tests fill, as a superuser: the record of events lets nobody else forget."""
    import psycopg
    from psycopg import sql

    kept = ["django_migrations", "django_content_type", "auth_permission", "django_site"]
    question = "SELECT tablename FROM pg_tables WHERE schemaname = 'public' AND tablename <> ALL(%s)"
    with psycopg.connect(url) as connection:
        connection.execute("SET lock_timeout = '30s'")
        connection.execute("SET session_replication_role = replica")
        tables = [sql.Identifier(name) for (name,) in connection.execute(question, [kept])]
        connection.execute(sql.SQL("TRUNCATE {}").format(sql.SQL(", ").join(tables)))


@pytest.fixture(autouse=True)
def every_call_is_made() -> Iterator[None]:
    """What one test did to a host keeps no other from calling it; tests of circuits ask for theirs.

    Nor is anything kept that an authority of another test said, nothing is shared, and nobody hears how services do:
    tests of that ask for it.
    """
    from certificates.certra.hearing import leave_alone
    from certificates.trust.kept_answers import kept_answers, share_answers
    from outside.circuits import NONE, keep_circuits

    kept_answers.forget()
    before, shared, listeners = keep_circuits(NONE), share_answers(kept_answers), leave_alone()
    yield
    leave_alone(listeners)
    keep_circuits(before)
    share_answers(shared)


@pytest.fixture(scope="session")
def sandbox(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SandboxProcess]:
    """One sandbox for the session; tests that switch faults or modes put them back (see `government`)."""
    with SandboxProcess(tmp_path_factory.mktemp("sandbox")) as running:
        yield running


@pytest.fixture
def government(sandbox: SandboxProcess, settings: pytest_django.Settings) -> Iterator[SandboxProcess]:
    """The sandbox as the server's government: immediate, without faults, its anchors trusted."""
    pki = sandbox.pki
    settings.CERTRA_ENDPOINTS = {"production": sandbox.production, "acceptance": sandbox.acceptance}
    settings.CERTRA_ANCHORS = {
        name: [str(pki / name / "root.pem"), str(pki / name / "issuing.pem")]
        for name in ("production", "acceptance")
    }
    settings.STS_ENDPOINTS = {
        name: f"{address}/IAM/Saml11TokenService/v1" for name, address in settings.CERTRA_ENDPOINTS.items()
    }
    settings.IAM_SIGNERS = {name: [str(pki / name / "iam.pem")] for name in ("production", "acceptance")}
    settings.TSL_ADDRESSES = dict(settings.CERTRA_ENDPOINTS)
    settings.TSL_OPERATORS = {name: [str(pki / name / "tslo.pem")] for name in ("production", "acceptance")}
    settings.EID_ANCHORS = [str(pki / "citizen" / "root.pem"), str(pki / "citizen" / "ca.pem")]
    sandbox.control_post("/control/issuance", {"mode": "automatic", "delay_seconds": 0})
    yield sandbox
    sandbox.control_post("/control/faults", method="DELETE")


@pytest.fixture(scope="session")
def django_db_setup(
    admin_url: str, owner_url: str, django_db_blocker: pytest_django.DjangoDbBlocker
) -> Iterator[None]:
    """Replace pytest-django's own set-up: the web role may not create databases."""
    yield
    import psycopg
    from django.db import connections

    with django_db_blocker.unblock():
        connections.close_all()
    name = urlsplit(owner_url).path.lstrip("/")
    with psycopg.connect(admin_url, autocommit=True) as connection:
        connection.execute(f"DROP DATABASE IF EXISTS {name} WITH (FORCE)")
