"""What `manage.py prepare` does, step by step; each is safe to do again."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager

import psycopg
from django.conf import settings
from django.core.checks import CheckMessage, run_checks
from django.core.checks.messages import ERROR
from django.core.management import call_command
from django.core.management.base import CommandError
from django.db import connections
from django.db.migrations.executor import MigrationExecutor
from django.db.utils import OperationalError

from ehportal import env
from ehportal.operation import roles
from ehportal.operation.catalogues import compile_catalogues
from ehportal.operation.roles import Account
from ehportal.operation.start import failing

Say = Callable[[str], object]


class Preparation:
    """One preparation of the installation that the settings describe. Its steps raise CommandError."""

    def __init__(self, say: Say) -> None:
        self.say = say
        given = settings.DATABASES["default"]
        self.web = Account(str(given["USER"]), str(given["PASSWORD"]))
        self.database_name = str(given["NAME"])

    def report(self, step: str, outcome: str) -> None:
        """Say what became of one step."""
        self.say(f"  {step:<18} {outcome}")

    def files(self) -> None:
        """Compile the texts and collect static files."""
        try:
            written = compile_catalogues()
        except OSError as error:
            raise CommandError(
                f"The texts could not be compiled: {error.filename} ({error.strerror}). Run this as a user who may "
                "write in the product's folder, or once when it is installed: manage.py prepare --only files"
            ) from error
        self.report("texts", f"{len(written)} compiled" if written else "as they were")
        try:
            call_command("collectstatic", interactive=False, verbosity=0)
        except OSError as error:
            raise CommandError(
                f"Static files could not be collected: {error.filename} ({error.strerror}). STATIC_ROOT names their "
                "folder; this user must be allowed to write there."
            ) from error
        self.report("static files", str(settings.STATIC_ROOT))

    def database(self) -> None:
        """Make roles and database where DATABASE_ADMIN_URL allows it, grant, and migrate as the owner."""
        complain("The settings are not safe; nothing was changed in the database", self._settings_problems())
        owner_url = self._owner_url()
        admin_url = env.text("DATABASE_ADMIN_URL", "")
        if admin_url:
            owner = roles.account_of(owner_url)
            try:
                roles.make(admin_url, self.database_name, owner=owner, web=self.web)
            except psycopg.Error as error:
                raise CommandError(f"DATABASE_ADMIN_URL: {words_of(error)}") from error
            self.report("roles", f"{owner.name} owns, {self.web.name} serves, database {self.database_name}")
        with self._connected(owner_url) as connection:
            # One at a time: a second release waits here until the first is done.
            connection.execute("SELECT pg_advisory_lock(%s)", [roles.PREPARING])
            self._grant(connection)
            self._migrate(owner_url)
            # What a migration made in another way than by default gets its grants here.
            self._grant(connection)
            complain("The database is not safe", roles.dangers(connection, self.web.name))
        self.report("grants", f"{self.web.name} is bound by row-level security")

    @contextmanager
    def as_owner(self) -> Iterator[psycopg.Connection]:
        """Connect as the role of DATABASE_OWNER_URL, which no row-level security binds; each statement commits."""
        with self._connected(self._owner_url()) as connection:
            yield connection

    def checks(self) -> None:
        """Run every check, as the web role: what fails here keeps web and workers from starting."""
        try:
            found = failing()
        except OperationalError as error:
            raise CommandError(f"DATABASE_URL: the web role cannot sign in: {words_of(error)}") from error
        complain("Not ready", [told(one) for one in found])
        self.report("checks", "all pass")
        self.say("Ready: web, workers and beat may start.")

    def statements(self) -> str:
        """Return what DATABASE_ADMIN_URL would be used for, as SQL without passwords."""
        return roles.statements(roles.account_of(self._owner_url()), self.web, self.database_name)

    def _settings_problems(self) -> list[str]:
        """What the settings alone say; files are prepared in a step of their own, perhaps elsewhere."""
        found = run_checks(include_deployment_checks=True)
        late = {"ehportal.E028", "ehportal.E029"}
        return [told(one) for one in found if one.is_serious(ERROR) and one.id not in late]

    def _owner_url(self) -> str:
        url = env.text("DATABASE_OWNER_URL", "")
        if not url:
            raise CommandError(
                "Set DATABASE_OWNER_URL (or DATABASE_OWNER_URL_FILE): the address of the same database for the role "
                "that owns the tables, such as postgresql://ehportal_owner:…@host/ehportal. Only prepare and reseal "
                "use it."
            )
        named = env.database(url)
        owner = roles.account_of(url)
        if named["NAME"] != self.database_name:
            raise CommandError(
                f"DATABASE_OWNER_URL names the database {named['NAME']}, DATABASE_URL names {self.database_name}."
            )
        if not owner.name or owner.name == self.web.name:
            raise CommandError(
                "DATABASE_OWNER_URL must name another role than DATABASE_URL: its owner is not bound."
            )
        return url

    @contextmanager
    def _connected(self, owner_url: str) -> Iterator[psycopg.Connection]:
        try:
            connection = psycopg.connect(owner_url, autocommit=True)
        except psycopg.Error as error:
            raise CommandError(
                f"DATABASE_OWNER_URL: {words_of(error)}\nWhere the roles and the database are not there yet: set "
                "DATABASE_ADMIN_URL for this one command, the address of a role that may create them, or let the "
                "administrator of PostgreSQL run what `manage.py prepare --sql` prints."
            ) from error
        with connection:
            yield connection

    def _grant(self, connection: psycopg.Connection) -> None:
        known = connection.execute("SELECT 1 FROM pg_roles WHERE rolname = %s", [self.web.name]).fetchone()
        if not known:
            raise CommandError(
                f"The role {self.web.name} of DATABASE_URL does not exist. Set DATABASE_ADMIN_URL for this one "
                "command, or let the administrator of PostgreSQL run what `manage.py prepare --sql` prints."
            )
        try:
            roles.grant(connection, self.web.name)
        except psycopg.Error as error:
            raise CommandError(f"DATABASE_OWNER_URL: {words_of(error)}") from error

    def _migrate(self, owner_url: str) -> None:
        default = connections["default"]
        before = dict(default.settings_dict)
        default.close()
        default.settings_dict.update(env.database(owner_url))
        try:
            executor = MigrationExecutor(default)
            plan = executor.migration_plan(executor.loader.graph.leaf_nodes())
            call_command("migrate", interactive=False, verbosity=0, skip_checks=True)
        finally:
            default.close()
            default.settings_dict.update(before)
        self.report("tables", f"{len(plan)} migrations applied" if plan else "as they were")


def told(message: CheckMessage) -> str:
    """Return a check's finding in one line."""
    return f"{message.msg} ({message.id})" + (f" {message.hint}" if message.hint else "")


def words_of(error: BaseException) -> str:
    """Return what PostgreSQL said, on one line."""
    return " ".join(str(error).split())


def complain(heading: str, problems: list[str]) -> None:
    """Raise CommandError with all `problems` where there are any."""
    if problems:
        raise CommandError("\n".join([f"{heading}:", *(f"  - {one}" for one in problems)]))
