"""What the answers about certificates, requests and renewals hold, as the description of the API tells it."""

from typing import Any

from rest_framework import serializers

from certificates.domain.lifecycle import Environment, RequestState
from certificates.domain.renewal import RenewalOutcome
from certificates.domain.validity import RevocationStatus, Standing
from certificates.domain.watch.notices import Happening
from certificates.models.listing.care import MAX_NOTE, MAX_TAG
from certificates.services.notices.ahead import Fate
from certificates.services.requests.start import LONGEST
from organisations.api.frame.documents import page_of

Shape = serializers.Serializer[Any]
SOURCES = ("requested", "imported", "recorded")


class NumberShape(Shape):
    """A number of an organisation, such as its enterprise number."""

    type = serializers.CharField(
        help_text="CBE, NIHII, EHP … ; SSIN for a person's own, without the number itself."
    )
    value = serializers.CharField(allow_blank=True)


class MemberShape(Shape):
    """A member of the organisation."""

    name = serializers.CharField()
    email = serializers.CharField()


class CertificateShape(Shape):
    """A certificate as lists show it."""

    id = serializers.UUIDField()
    name = serializers.CharField(allow_blank=True, help_text="Its common name.")
    holder = serializers.CharField(allow_blank=True)
    environment = serializers.ChoiceField(choices=list(Environment))
    number = NumberShape(allow_null=True)
    application_id = serializers.CharField(allow_blank=True)
    standing = serializers.ChoiceField(
        choices=list(Standing), help_text="One word for what it is good for today."
    )
    days_left = serializers.IntegerField(
        help_text="Belgian days until its last one; negative once it has passed."
    )
    not_before = serializers.DateTimeField()
    not_after = serializers.DateTimeField()
    renewable_from = serializers.DateTimeField()
    serial = serializers.CharField(allow_blank=True, help_text="Hexadecimal.")
    sha256 = serializers.CharField()
    tags = serializers.ListField(child=serializers.CharField())
    owner = MemberShape(allow_null=True, help_text="Who answers for it.")


class NoteShape(Shape):
    """What somebody wrote about a certificate."""

    text = serializers.CharField()
    written_by = serializers.CharField()
    written_at = serializers.DateTimeField()


class PlaceShape(Shape):
    """Where a certificate is installed."""

    machine = serializers.CharField(allow_blank=True)
    path = serializers.CharField(allow_blank=True)
    last_seen_at = serializers.DateTimeField(allow_null=True)


class WholeCertificateShape(CertificateShape):
    """Everything about one certificate."""

    subject = serializers.CharField(help_text="RFC 4514; a national number in it is masked.")
    issuer = serializers.CharField()
    key = serializers.CharField(help_text="Algorithm and size.")
    revocation = serializers.ChoiceField(choices=list(RevocationStatus))
    revoked_at = serializers.DateTimeField(allow_null=True)
    revocation_reason = serializers.CharField(allow_blank=True)
    source = serializers.ChoiceField(choices=SOURCES)  # type: ignore[assignment]  # as `errors` of a problem
    request = serializers.UUIDField(allow_null=True, help_text="The request that brought it.")
    predecessor = serializers.UUIDField(allow_null=True)
    successor = serializers.UUIDField(allow_null=True)
    installations = PlaceShape(many=True)
    notes = NoteShape(many=True, help_text="The newest first.")


class CareShape(Shape):
    """What is written beside a certificate; what is not named stays."""

    tags = serializers.ListField(
        child=serializers.CharField(max_length=MAX_TAG),
        required=False,
        max_length=50,
        help_text="All of them.",
    )
    owner = serializers.EmailField(
        required=False, allow_null=True, help_text="The address of a member, or null for nobody."
    )
    note = serializers.CharField(required=False, max_length=MAX_NOTE, help_text="Written beside the others.")


class CountShape(Shape):
    """How many a list holds in all: exactly up to ten thousand, about beyond."""

    number = serializers.IntegerField()
    about = serializers.BooleanField()


CertificatePage = page_of(
    CertificateShape, total=CountShape(required=False, help_text="Only where `count=true` was asked.")
)


class TellingShape(Shape):
    """One moment at which the end of a certificate is told, or was."""

    happening = serializers.ChoiceField(choices=list(Happening))
    days_before = serializers.IntegerField(help_text="Before the end; after it for `ended`.")
    at = serializers.DateTimeField()
    fate = serializers.ChoiceField(choices=list(Fate))
    readers = serializers.ListField(child=serializers.CharField())
    told_at = serializers.DateTimeField(allow_null=True)
    acknowledged_at = serializers.DateTimeField(allow_null=True)


class NoticesShape(Shape):
    """Who was and will be told what of the end of one certificate, and when."""

    by_mail = serializers.BooleanField()
    silent_until = serializers.DateField(allow_null=True)
    items = TellingShape(many=True)


class RequestShape(Shape):
    """A request for a certificate."""

    id = serializers.UUIDField()
    environment = serializers.ChoiceField(choices=list(Environment))
    number = NumberShape()
    application_id = serializers.CharField(allow_blank=True)
    state = serializers.ChoiceField(choices=list(RequestState))
    state_since = serializers.DateTimeField()
    holder = serializers.CharField(help_text="Who signs it.")
    requested_by = serializers.CharField()
    requested_at = serializers.DateTimeField()
    replaces = serializers.UUIDField(allow_null=True, help_text="The certificate that it renews.")
    certificate = serializers.UUIDField(allow_null=True, help_text="The certificate that came of it.")


RequestPage = page_of(RequestShape)


class RenewalShape(Shape):
    """A certificate in its replacement period, and what its renewal would be today."""

    certificate = serializers.UUIDField()
    name = serializers.CharField(allow_blank=True)
    not_after = serializers.DateTimeField()
    outcome = serializers.ChoiceField(
        choices=list(RenewalOutcome), help_text="`renewable`, or what stands in the way."
    )
    ready = serializers.BooleanField(help_text="Nothing is to be chosen or filled in.")
    missing = serializers.ListField(
        child=serializers.CharField(), help_text="Contact data that is not known: send it along in `contact`."
    )
    holder = serializers.CharField(
        allow_null=True, help_text="Who will sign, where there is nothing to choose."
    )
    request = serializers.UUIDField(allow_null=True, help_text="The renewal that is on its way.")


RenewalPage = page_of(RenewalShape)


class ContactShape(Shape):
    """Contact data for those of which it is not known."""

    email_private = serializers.EmailField(required=False, max_length=LONGEST["email_private"])
    phone_private = serializers.CharField(required=False, max_length=LONGEST["phone_private"])


class RenewalWishShape(Shape):
    """Which certificates are to be renewed."""

    certificates = serializers.ListField(child=serializers.UUIDField(), min_length=1, max_length=200)
    contact = ContactShape(required=False)


class MadeShape(Shape):
    """A renewal that was asked for: its holder reads and signs it."""

    certificate = serializers.UUIDField()
    request = serializers.UUIDField()


class NotMadeShape(Shape):
    """A renewal that was not asked for, and why."""

    certificate = serializers.UUIDField()
    outcome = serializers.CharField(
        help_text="As in the list of renewals; or `not_found`; or the code of a refusal."
    )
    missing = serializers.ListField(child=serializers.CharField(), help_text="Contact data to send along.")


class AskedShape(Shape):
    """What became of a wish for renewals."""

    made = MadeShape(many=True)
    not_made = NotMadeShape(many=True)


class OverviewShape(Shape):
    """How an organisation stands today."""

    certificates = serializers.DictField(child=serializers.IntegerField(), help_text="By their standing.")
    to_renew = serializers.IntegerField()
    renewals_under_way = serializers.IntegerField()
    first_end = serializers.DateTimeField(allow_null=True)
    ended = serializers.ListField(
        child=serializers.UUIDField(), help_text="Ended, and nothing took over: at most 50, the latest first."
    )
    unconfirmed_switches = serializers.ListField(
        child=serializers.UUIDField(),
        help_text="About to end, and nobody confirmed that the successor is in use.",
    )
    open_requests = serializers.IntegerField()
