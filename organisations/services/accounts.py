"""The account of one person: what proves its address, and its first password."""

from allauth.account.models import EmailAddress
from django.db import transaction
from django.db.models import F

from organisations.models import User


@transaction.atomic
def choose_password_by_mail(user: User, password: str) -> None:
    """Set the password that was chosen through a mailed link, and note that the address is proven.

    allauth sets up no second factor for an address that nobody has proven. Whoever opened the link reads its mail.
    """
    user.set_password(password)
    user.save(update_fields=["password"])
    EmailAddress.objects.filter(user=user).exclude(email__iexact=user.email).delete()
    address, _new = EmailAddress.objects.get_or_create(user=user, email=user.email)
    address.verified = address.primary = True
    address.save(update_fields=["verified", "primary"])


def end_sessions(user: User) -> None:
    """End every session of an account: how somebody signs in has changed. Who did it in a session renews that one."""
    User.objects.filter(pk=user.pk).update(sign_in_changes=F("sign_in_changes") + 1)
    user.refresh_from_db(fields=["sign_in_changes"])


def is_begun(user: User | None) -> bool:
    """True when somebody can sign in to the account: it exists and a password was chosen."""
    return user is not None and user.has_usable_password()
