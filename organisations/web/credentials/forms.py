"""Forms of connections. They read what was typed; services judge it."""

from datetime import date
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from organisations.domain.scopes import Scope
from organisations.services.credentials.connections import OVERLAP_DAYS, Wanted
from organisations.web.credentials.words import SCOPES
from organisations.web.forms import DayInput


class ConnectionForm(forms.Form):
    """What an administrator says of a system that is to come in."""

    name = forms.CharField(
        label=_("Name of the system"),
        max_length=60,
        help_text=_("By this name it stands in the record: for example “TOPdesk” or “Zabbix”."),
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
    )
    purpose = forms.CharField(
        label=_("What it is for"), max_length=300, widget=forms.TextInput(attrs={"autocomplete": "off"})
    )
    contact = forms.EmailField(
        label=_("Whom to ask about it"),
        help_text=_("The e-mail address of a person or a team that looks after that system."),
    )
    scopes = forms.MultipleChoiceField(
        label=_("What it may do"),
        choices=[(one.value, words) for one, words in SCOPES.items()],
        widget=forms.CheckboxSelectMultiple,
        help_text=_("Tick only what it needs. It never sees what is private to a person."),
    )
    ends_on = forms.DateField(
        label=_("Its last day"),
        widget=DayInput(),
        help_text=_("At most two years from now. Administrators are told in time."),
    )

    def __init__(self, *args: Any, last: date, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["ends_on"].widget.attrs["max"] = last.isoformat()

    @property
    def wanted(self) -> Wanted:
        """What was given."""
        given = self.cleaned_data
        return Wanted(**(given | {"scopes": [Scope(one) for one in given["scopes"]]}))


class RotationForm(forms.Form):
    """How long the former secret goes on."""

    keep_days = forms.TypedChoiceField(
        label=_("The former secret stops after"),
        coerce=int,
        choices=[(days, days) for days in OVERLAP_DAYS],
        initial=7,
    )
