"""What allauth may do here: people are invited by an administrator, nobody signs up by themselves."""

from allauth.account.adapter import DefaultAccountAdapter
from django.http import Http404, HttpRequest, HttpResponseBase


class InvitedOnly(DefaultAccountAdapter):  # type: ignore[misc]  # allauth ships no types
    """Closes allauth's sign-up."""

    def is_open_for_signup(self, request: HttpRequest) -> bool:
        """Return False: accounts are made by an administrator."""
        return False


def closed(request: HttpRequest) -> HttpResponseBase:
    """Answer 404 where allauth would let people give themselves another e-mail address.

    Roles are given by e-mail address, and no address is verified: who could take a colleague's would get the
    colleague's roles.
    """
    raise Http404
