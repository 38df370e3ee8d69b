"""The door for mail that came back: a mail server hands it over whole, with the secret that it was given."""

import hmac

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse
from django.utils import timezone
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_POST

from organisations.services.letters.returned import MOST_BYTES, take_returned_mail


@csrf_exempt
@require_POST
def returned_mail(request: HttpRequest) -> HttpResponse:
    """Take one message (RFC 5322, the whole body). 204 whatever it was, so that no server sends it twice.

    404 where no secret was set, 403 for a wrong one, 413 for more than a letter can be.
    """
    secret = settings.BOUNCE_HOOK_SECRET
    if not secret:
        raise Http404
    given = request.headers.get("Authorization", "")
    if not hmac.compare_digest(given.encode(), f"Bearer {secret}".encode()):
        return HttpResponse(status=403)
    raw = request.read(MOST_BYTES + 1)
    if len(raw) > MOST_BYTES:
        return HttpResponse(status=413)
    take_returned_mail(raw, now=timezone.now())
    return HttpResponse(status=204)
