"""What the commands about numbers share: which one is meant, and who says so."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from organisations.models import OrganisationIdentifier
from organisations.services.audit import Actor
from organisations.tenancy import acting_for, organisations_with_number


def add_number_arguments(parser: CommandParser) -> None:
    """Take the number, the organisation and the operator's name."""
    parser.add_argument("number", help="as it is written on the wire: CBE=0406798006")
    parser.add_argument("organisation", nargs="?", help="its name, or its id where names are alike")
    parser.add_argument("--by", help="your name, for the record")


@contextmanager
def chosen_number(
    command: BaseCommand, options: dict[str, Any]
) -> Iterator[tuple[OrganisationIdentifier, Actor] | None]:
    """Give the number of the organisation that was named, in its transaction, and who decides.

    None where no organisation was named: then who wrote the number down was listed. Raises CommandError.
    """
    kind, _equals, value = str(options["number"]).partition("=")
    with acting_for(organisations_with_number(kind, value), as_platform=True):
        rows = list(
            OrganisationIdentifier.objects.filter(type=kind, value=value).select_related("organisation")
        )
        if not rows:
            raise CommandError(f"No organisation wrote down {kind}={value}.")
        if options["organisation"] is None:
            for one in rows:
                command.stdout.write(f"{one.organisation_id}  {one.state:8}  {one.organisation.name}")
            yield None
            return
        wanted = str(options["organisation"])
        found = [one for one in rows if wanted in (str(one.organisation_id), one.organisation.name)]
        if len(found) != 1:
            raise CommandError(
                f"{len(found)} organisations with {kind}={value} are called {wanted}. Give the id from the list."
            )
        by = str(options["by"] or "").strip()
        if not by:
            raise CommandError("Say who you are: --by NAME.")
        yield found[0], Actor.operator(by)
