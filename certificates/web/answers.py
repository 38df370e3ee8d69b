"""The catalogue of the government's answers, for everybody who has one in front of them."""

from django.http import HttpResponse
from django.shortcuts import render

from certificates.web.catalogue import MAX_CODE_CHARACTERS, read_code, search
from organisations.web.pages import page
from organisations.web.tenancy import TenantRequest


@page()
def answers(request: TenantRequest) -> HttpResponse:
    """Every answer that is known, or those that hold the words of `q`; a code that is not known is read by its name."""
    words = request.GET.get("q", "").strip()[:MAX_CODE_CHARACTERS]
    found = search(words)
    reading = read_code(words) if words and not found and len(words.split()) == 1 else None
    context = {"words": words, "groups": found, "reading": reading}
    return render(request, "certificates/answers.html", context)
