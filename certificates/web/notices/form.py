"""What all rules of notices ask: on which days, and who is told how."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy

from organisations.models import Correspondent, Organisation


class WishesForm(forms.Form):
    """Rules of whatever ends. Those that ask more name the order of all fields in `field_order`."""

    steps = forms.CharField(label=gettext_lazy("Days before the end"), max_length=200)
    administrators = forms.BooleanField(label=gettext_lazy("The administrators are told"), required=False)
    correspondents = forms.MultipleChoiceField(
        label=gettext_lazy("Addresses outside that are told"),
        required=False,
        widget=forms.CheckboxSelectMultiple,
    )
    by_mail = forms.BooleanField(
        label=gettext_lazy("By mail"),
        required=False,
        help_text=gettext_lazy("Without it notices stand on the page of each reader alone."),
    )
    seen = forms.CharField(required=False, widget=forms.HiddenInput)

    def __init__(self, organisation: Organisation, *args: Any, outside: bool = True, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        addresses = Correspondent.objects.filter(organisation=organisation, ended_at=None) if outside else ()
        self.choose("correspondents", [(str(one.pk), f"{one.name} ({one.email})") for one in addresses])
        if not addresses:
            del self.fields["correspondents"]

    def choose(self, name: str, choices: list[tuple[str, str]]) -> None:
        """Offer these choices in a field that has choices."""
        field = self.fields[name]
        assert isinstance(field, forms.ChoiceField)  # noqa: S101  # narrows the declared field for the type checker
        field.choices = choices
