"""Which columns of the list a person wants to see: kept with the account, for all organisations."""

from collections.abc import Iterable

from django.db import transaction

from certificates.selectors.listing.columns import USUAL, known
from organisations.models import User


@transaction.atomic
def choose_columns(user: User, names: Iterable[str]) -> tuple[str, ...]:
    """Keep the columns that somebody chose, in their order; return them. The usual ones are what nobody chose."""
    chosen = known(names)
    user.inventory_columns = None if chosen == USUAL else list(chosen)
    user.save(update_fields=["inventory_columns"])
    return chosen
