"""What an organisation expects of the government's services, as a form."""

from datetime import date, timedelta
from typing import Any

from django import forms
from django.utils.formats import date_format
from django.utils.translation import gettext_lazy as _

from certificates.selectors.probes import Expected

HOURS = [(hour, f"{hour}:00") for hour in range(25)]
MONDAY = date(2024, 1, 1)


class TargetsForm(forms.Form):
    """Share, time, and from which until which hour each day of the week counts."""

    percent = forms.DecimalField(
        label=_("Available, percent of the calls"),
        max_digits=5,
        decimal_places=2,
        required=False,
        localize=True,
    )
    milliseconds = forms.IntegerField(label=_("Milliseconds for 95 of 100 calls"), required=False)
    without_holidays = forms.BooleanField(label=_("Legal holidays of Belgium do not count"), required=False)

    def __init__(self, data: Any = None, *, expected: Expected) -> None:
        initial: dict[str, Any] = {
            "percent": expected.percent,
            "milliseconds": expected.milliseconds,
            "without_holidays": expected.without_holidays,
        }
        for number, one in enumerate(expected.week.days):
            initial |= {f"from_{number}": one[0] if one else 0, f"until_{number}": one[1] if one else 0}
        super().__init__(data, initial=initial)
        for number in range(7):
            for word in ("from", "until"):
                self.fields[f"{word}_{number}"] = forms.TypedChoiceField(choices=HOURS, coerce=int)

    def week(self) -> list[tuple[str, forms.BoundField, forms.BoundField]]:
        """Return each day's name with its two fields."""
        return [
            (
                date_format(MONDAY + timedelta(days=number), "l"),
                self[f"from_{number}"],
                self[f"until_{number}"],
            )
            for number in range(7)
        ]

    def days(self) -> list[tuple[int, int] | None]:
        """Return the hours that were chosen: None for a day from an hour until the same one."""
        chosen = [(self.cleaned_data[f"from_{n}"], self.cleaned_data[f"until_{n}"]) for n in range(7)]
        return [None if first == last else (first, last) for first, last in chosen]
