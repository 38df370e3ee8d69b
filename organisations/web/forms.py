"""Forms about organisations and people. They read what was typed; services judge it."""

from dataclasses import dataclass
from typing import Any

from django import forms
from django.conf import settings
from django.utils.translation import gettext_lazy as _

from organisations import selectors
from organisations.domain.identifiers import ORGANISATION_TYPES
from organisations.domain.roles import Role
from organisations.models import Organisation, OrganisationIdentifier, Person, User
from organisations.web.words import ROLE_EXPLANATIONS, ROLES, Text, identifier_type


class DayInput(forms.DateInput):
    """The browser's own date field, which wants ISO dates."""

    input_type = "date"

    def __init__(self) -> None:
        super().__init__(format="%Y-%m-%d")


class MomentInput(forms.DateTimeInput):
    """The browser's own field for a day and a time."""

    input_type = "datetime-local"

    def __init__(self) -> None:
        super().__init__(format="%Y-%m-%dT%H:%M")


def identifier_name(identifier: OrganisationIdentifier) -> str:
    """Return an identifier as people tell it apart from the others."""
    return f"{identifier.value} – {identifier_type(identifier.type)} – {identifier.name}"


class IdentifierChoice(forms.ModelChoiceField):  # type: ignore[type-arg]  # no parameter at run time
    """One of the organisation's numbers."""

    def label_from_instance(self, obj: Any) -> str:
        """Return number, kind and name."""
        return identifier_name(obj)


class PersonForm(forms.Form):
    """Someone of the organisation, as on the identity card or another official document."""

    first_names = forms.CharField(
        label=_("First names"),
        max_length=200,
        help_text=_("All of them, as on the identity card or another official document."),
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
    )
    name = forms.CharField(
        label=_("Surname"), max_length=200, widget=forms.TextInput(attrs={"autocomplete": "off"})
    )
    ssin = forms.CharField(
        label=_("National number"),
        max_length=20,
        help_text=_(
            "Eleven digits: the number on the back of the identity card, or the BIS number of who has none. It is kept "
            "encrypted; looking at it leaves a trace."
        ),
        widget=forms.TextInput(attrs={"autocomplete": "off", "inputmode": "numeric"}),
    )
    email = forms.EmailField(label=_("E-mail address"), required=False)
    phone = forms.CharField(label=_("Telephone"), max_length=40, required=False)
    language = forms.ChoiceField(label=_("Language"), choices=settings.LANGUAGES)
    user = forms.ModelChoiceField(
        label=_("Account"),
        queryset=User.objects.none(),
        required=False,
        help_text=_("With which account this person signs in. Only then can this person sign requests here."),
    )

    def __init__(self, organisation: Organisation, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        members = selectors.members_of(organisation).order_by().values("user")
        users = self.fields["user"]
        assert isinstance(users, forms.ModelChoiceField)  # noqa: S101  # narrows the declared field for the type checker
        linked = Person.objects.filter(organisation=organisation).exclude(user=None).values("user")
        users.queryset = (
            User.objects.filter(pk__in=members).exclude(pk__in=linked).order_by("full_name", "pk")
        )
        users.empty_label = str(_("No account"))
        self.fields["language"].initial = organisation.language


class IdentifierForm(forms.Form):
    """A number by which the organisation is known."""

    type = forms.ChoiceField(label=_("Kind of number"))
    value = forms.CharField(
        label=_("Number"),
        max_length=20,
        help_text=_("As on the official document; points and spaces may stay."),
        widget=forms.TextInput(attrs={"autocomplete": "off", "inputmode": "numeric"}),
    )
    registered_name = forms.CharField(
        label=_("Registered name"),
        max_length=200,
        required=False,
        help_text=_("Only where the official register uses another name than the organisation's own."),
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        kinds = sorted((identifier_type(code), code) for code in ORGANISATION_TYPES if code != "CBE")
        choices = [("CBE", identifier_type("CBE")), *((code, name) for name, code in kinds)]
        self.fields["type"].choices = choices  # type: ignore[attr-defined]  # a ChoiceField, declared above


class MandateForm(forms.Form):
    """Who may hold certificates for which number, from when to when."""

    person = forms.ModelChoiceField(label=_("Person"), queryset=Person.objects.none())
    identifier = IdentifierChoice(label=_("For the number"), queryset=OrganisationIdentifier.objects.none())
    starts_on = forms.DateField(label=_("First day"), widget=DayInput)
    ends_on = forms.DateField(
        label=_("Last day"), widget=DayInput, required=False, help_text=_("Empty: until it is withdrawn.")
    )
    reference = forms.CharField(
        label=_("Reference"),
        max_length=100,
        required=False,
        help_text=_("Where the signed mandate form can be found again."),
    )

    def __init__(self, organisation: Organisation, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name, rows in (
            ("person", selectors.people_of(organisation)),
            ("identifier", selectors.identifiers_of(organisation)),
        ):
            field = self.fields[name]
            assert isinstance(field, forms.ModelChoiceField)  # noqa: S101  # narrows the declared field for the type checker
            field.queryset = rows
            field.empty_label = str(_("Choose"))


class WithdrawalForm(forms.Form):
    """From which day a mandate no longer counts."""

    withdrawn_on = forms.DateField(label=_("No longer valid from"), widget=DayInput)


class LeavingForm(forms.Form):
    """From which day somebody is gone."""

    left_on = forms.DateField(
        label=_("Gone from"), widget=DayInput, help_text=_("Today or earlier: it is done at once.")
    )


@dataclass(frozen=True)
class RoleChoice:
    """A role as the picker shows it: its name, and in a sentence what it may do."""

    role: Role

    @property
    def name(self) -> Text:
        """What the role is called."""
        return ROLES[self.role]

    @property
    def sentence(self) -> Text:
        """What it may do."""
        return ROLE_EXPLANATIONS[self.role]

    def __str__(self) -> str:
        return f"{self.name}: {self.sentence}"


class MemberForm(forms.Form):
    """Someone who may sign in for the organisation."""

    email = forms.EmailField(label=_("E-mail address"))
    full_name = forms.CharField(label=_("Name"), max_length=200)
    role = forms.ChoiceField(
        label=_("Role"),
        choices=[(role.value, RoleChoice(role)) for role in Role],
        widget=forms.RadioSelect,
        error_messages={"required": _("Choose what this person may do.")},
    )
    language = forms.ChoiceField(label=_("Language"), choices=settings.LANGUAGES)
