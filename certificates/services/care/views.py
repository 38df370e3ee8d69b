"""Views of the inventory: a choice of filters that somebody keeps under a name, for themselves or for everybody."""

from datetime import datetime

from django.db import IntegrityError, transaction

from certificates.errors.care import NoName, TooManyViews, ViewExists
from certificates.models import SavedView
from organisations.domain.identifiers import mask_ssins
from organisations.models import Organisation, User
from organisations.services.audit import Actor, record

MOST_VIEWS = 100
MAX_NAME = 60


def save_view(
    organisation: Organisation,
    name: str,
    query: str,
    *,
    shared: bool,
    user: User,
    actor: Actor,
    now: datetime,
) -> SavedView:
    """Keep `query`, as it stands in an address, under a name. Raises NoName, ViewExists, TooManyViews."""
    name = mask_ssins(" ".join(name.replace("\0", "").split()))
    if not name or len(name) > MAX_NAME:
        raise NoName(most=MAX_NAME, field="name")
    if SavedView.objects.filter(organisation=organisation).count() >= MOST_VIEWS:
        raise TooManyViews(most=MOST_VIEWS)
    try:
        with transaction.atomic():
            view = SavedView.objects.create(
                organisation=organisation,
                name=name,
                query=mask_ssins(query)[:1000],
                made_by=user,
                private_to=None if shared else user,
                created_at=now,
            )
            if shared:
                record(organisation.pk, "view_shared", view, actor=actor, now=now, name=name)
    except IntegrityError as error:
        if "view_once_a_name" not in str(error):
            raise
        raise ViewExists(field="name") from error
    return view


@transaction.atomic
def remove_view(view: SavedView, *, actor: Actor, now: datetime) -> None:
    """Forget a view; a second time changes nothing."""
    gone, _what = SavedView.objects.filter(pk=view.pk).delete()
    if gone and view.private_to_id is None:
        record(view.organisation_id, "view_removed", view, actor=actor, now=now, name=view.name)
