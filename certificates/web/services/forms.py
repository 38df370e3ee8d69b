"""What an organisation expects of the government's services, as a form."""

from collections.abc import Collection
from copy import copy
from datetime import date, timedelta
from typing import Any

from django import forms
from django.utils.formats import date_format
from django.utils.translation import gettext_lazy as _

from certificates.selectors.probes import Expected
from certificates.services.probes.services import SERVICES
from certificates.services.probes.targets import Target
from certificates.web.parts.away import name_of

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

    def __init__(self, data: Any = None, *, expected: Expected, names: Collection[str]) -> None:
        initial: dict[str, Any] = {
            "percent": expected.percent,
            "milliseconds": expected.milliseconds,
            "without_holidays": expected.without_holidays,
        }
        for number, one in enumerate(expected.week.days):
            initial |= {f"from_{number}": one[0] if one else 0, f"until_{number}": one[1] if one else 0}
        for name, (percent, milliseconds) in expected.of_services.items():
            initial |= {f"percent_{name}": percent, f"milliseconds_{name}": milliseconds}
        super().__init__(data, initial=initial)
        self.names = [name for name in SERVICES if name in names or name in expected.of_services]
        for name in self.names:
            for word in ("percent", "milliseconds"):
                self.fields[f"{word}_{name}"] = copy(self.fields[word])
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

    def single(self) -> list[tuple[str, forms.BoundField, forms.BoundField]]:
        """Return each service's name with its two fields."""
        return [(name_of(name), self[f"percent_{name}"], self[f"milliseconds_{name}"]) for name in self.names]

    def single_in_use(self) -> bool:
        """True where one of them is filled in, or refused: then they are in sight."""
        return any(field.value() or field.errors for _name, *both in self.single() for field in both)

    def of_services(self) -> dict[str, Target]:
        """Return what is expected of single services."""
        given = self.cleaned_data
        return {name: (given[f"percent_{name}"], given[f"milliseconds_{name}"]) for name in self.names}

    def days(self) -> list[tuple[int, int] | None]:
        """Return the hours that were chosen: None for a day from an hour until the same one."""
        chosen = [(self.cleaned_data[f"from_{n}"], self.cleaned_data[f"until_{n}"]) for n in range(7)]
        return [None if first == last else (first, last) for first, last in chosen]
