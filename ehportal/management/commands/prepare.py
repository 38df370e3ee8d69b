"""`manage.py prepare`: the one step between an empty PostgreSQL and a server, and at each release."""

from typing import Any

from django.core.management.base import BaseCommand, CommandParser

from ehportal.operation.prepare import Preparation


class Command(BaseCommand):
    """Every step finds out whether there is anything to do, so it may be run again at any time."""

    help = (
        "Roles and grants, tables, texts, static files, checks. DATABASE_OWNER_URL is the role that owns the tables; "
        "with DATABASE_ADMIN_URL, a role that may create roles and databases, both roles and the database are made."
    )
    requires_system_checks = []

    def add_arguments(self, parser: CommandParser) -> None:
        """Take which half is wanted, where both are not done in one place."""
        parser.add_argument(
            "--only",
            choices=["database", "files"],
            help="one half: `files` when an image is built, `database` at each release of it",
        )
        parser.add_argument(
            "--sql",
            action="store_true",
            help="print what an administrator of PostgreSQL runs by hand, and end",
        )

    def handle(self, *args: Any, **options: Any) -> None:
        """Do what is missing and say what was done. Raises CommandError with what is missing."""
        say = self.stdout.write if options["verbosity"] else (lambda _text: None)
        preparation = Preparation(say)
        if options["sql"]:
            self.stdout.write(preparation.statements())
            return
        if options["only"] != "database":
            preparation.files()
        if options["only"] != "files":
            preparation.database()
            preparation.checks()
