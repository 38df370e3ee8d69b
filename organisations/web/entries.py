"""A form of the organisation page that adds one thing: shown, judged by its service, and left with a sentence."""

from collections.abc import Callable
from typing import Any

from django import forms
from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render

from organisations.errors import DomainError
from organisations.web.pages import show_refusal
from organisations.web.tenancy import TenantRequest


def entry_page(
    request: TenantRequest,
    form: forms.Form,
    heading: str,
    explanation: str,
    act: Callable[[dict[str, Any]], str],
) -> HttpResponse:
    """Show `form`; when it was sent and holds, `act` on it and go back with the sentence that it returns."""
    if request.method == "POST" and form.is_valid():
        try:
            done = act(form.cleaned_data)
        except DomainError as refusal:
            show_refusal(form, refusal)
        else:
            messages.success(request, done)
            return redirect("organisation")
    context = {"form": form, "heading": heading, "explanation": explanation}
    return render(request, "organisations/entry.html", context, status=422 if form.errors else 200)
