"""Why the API refuses a call, whatever it is about. Stable codes; statuses stand in `ehportal.problems`."""

from django.utils.translation import gettext_lazy as _

from organisations.domain.scopes import Scope
from organisations.errors import DomainError


class Unidentified(DomainError):
    """The call came without a secret or an access token."""

    code = "credentials_missing"
    title = _("This call needs the secret of a connection, or an access token, in its Authorization header.")


class CredentialsRefused(DomainError):
    """The secret or token is unknown, has ended, or belongs to a connection that has ended."""

    code = "credentials_refused"
    title = _("This secret or access token opens nothing: it is not known, or it has ended.")


class ScopeMissing(DomainError):
    """The connection may not do this."""

    code = "scope_missing"
    title = _("This connection may not do that. An administrator makes one that may.")

    def __init__(self, scope: Scope) -> None:
        super().__init__(scope=scope.value)


class NotThere(DomainError):
    """Nothing of the organisation has this address; what is another's or private to somebody is not there either."""

    code = "not_found"
    title = _("There is nothing at this address.")


class QueryRefused(DomainError):
    """A parameter of the address is unknown or cannot be read; `errors` says which and why."""

    code = "query_refused"
    title = _("Something that was asked for in the address does not exist or cannot be read.")


class CursorRefused(QueryRefused):
    """A cursor was not handed out by us, or for another list."""

    code = "cursor_refused"
    title = _("This cursor belongs to another list. Begin again without it.")


class FieldsRefused(DomainError):
    """The body has a field that is missing, unknown or of another kind; `errors` says which and why."""

    code = "fields_refused"
    title = _("What was sent cannot be read as it is. Look at the fields that are named.")


class TagMissing(DomainError):
    """A change came without If-Match."""

    code = "precondition_required"
    title = _("Send the ETag of what you have read in If-Match, so that nobody's change is overwritten.")


class TagChanged(DomainError):
    """It is otherwise than the caller has read it."""

    code = "precondition_failed"
    title = _("This was changed since you read it. Read it again, then change it.")


class KeyMissing(DomainError):
    """A call that is to be done once came without a key."""

    code = "idempotency_key_missing"
    title = _("Send an Idempotency-Key of 1 to 100 visible characters, another one for each wish.")


class KeyReused(DomainError):
    """The key was used for another call within the last day."""

    code = "idempotency_key_reused"
    title = _("This Idempotency-Key was used for another call. Take a new one.")


class TooManyCalls(DomainError):
    """The connection has called more often than it may within a minute."""

    code = "too_many_calls"
    title = _("This connection calls too often. Wait as long as Retry-After says.")
