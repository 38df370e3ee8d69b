"""By what the inventory is narrowed and in which order it stands: declared once, for pages, exports and views."""

from datetime import MAXYEAR, datetime, time, timedelta
from typing import Any
from uuid import UUID

import django_filters
from django.db.models import Exists, OuterRef, Q, QuerySet
from django.utils.translation import gettext_lazy as _

from agent.wire.days import BRUSSELS
from certificates.domain.lifecycle import Environment
from certificates.domain.validity import Standing
from certificates.models import Carer, Certificate, CertificateRequest, Installation, Tag
from certificates.models.certificate import WINDOW_START, CertificateQuerySet
from certificates.selectors.inventory import in_each_standing, needing_someone
from certificates.selectors.listing.columns import known
from certificates.selectors.listing.orders import ORDERS, Order, order_named
from organisations.models import Organisation, Reminder

MOST_TYPED = 200
NEEDS_SOMEONE = "needs"
"""The state that stands for all states in which somebody has to do something."""


class CertificateFilters(django_filters.FilterSet):  # type: ignore[misc]  # it has no types
    """What may be asked of the inventory; a value that does not exist is an error beside its field."""

    q = django_filters.CharFilter(method="_holding", label=_("Search"), max_length=MOST_TYPED)
    environment = django_filters.ChoiceFilter(
        choices=[(one.value, one.value) for one in Environment], label=_("Environment")
    )
    status = django_filters.ChoiceFilter(
        choices=[(NEEDS_SOMEONE, NEEDS_SOMEONE), *((one.value, one.value) for one in Standing)],
        method="_standing",
        label=_("State"),
    )
    identifier = django_filters.CharFilter(method="_of_number", label=_("Number"), max_length=60)
    type = django_filters.CharFilter(field_name="identifier_type", label=_("Type of number"), max_length=40)
    application = django_filters.CharFilter(
        field_name="application_id", label=_("ApplicationId"), max_length=30
    )
    ends_from = django_filters.DateFilter(method="_ends_from", label=_("Ends from"))
    ends_until = django_filters.DateFilter(method="_ends_until", label=_("Ends until"))
    opens_from = django_filters.DateFilter(method="_opens_from", label=_("Can be renewed from"))
    opens_until = django_filters.DateFilter(method="_opens_until", label=_("Can be renewed until"))
    key = django_filters.CharFilter(field_name="key_algorithm", label=_("Key"), max_length=40)
    machine = django_filters.CharFilter(method="_on_machine", label=_("Machine"), max_length=100)
    tag = django_filters.CharFilter(method="_tagged", label=_("Tag"), max_length=40)
    cared_for_by = django_filters.UUIDFilter(method="_cared_for", label=_("Looked after by"))
    told = django_filters.UUIDFilter(method="_told", label=_("Told in the letter"))
    order = django_filters.ChoiceFilter(
        choices=[(one, one) for one in ORDERS if one], method="_as_it_is", label=_("Order")
    )
    columns = django_filters.CharFilter(method="_as_it_is", label=_("Columns"), max_length=MOST_TYPED)

    class Meta:
        model = Certificate
        fields: tuple[str, ...] = ()

    def __init__(self, data: Any, organisation: Organisation, now: datetime) -> None:
        super().__init__(data, queryset=Certificate.objects.filter(organisation=organisation))
        self.organisation, self.now = organisation, now

    @property
    def found(self) -> "CertificateQuerySet":
        """The certificates that fit; none where something was asked that does not exist."""
        rows: CertificateQuerySet = self.qs if self.form.is_valid() else self.queryset.none()
        return rows

    @property
    def sorted_by(self) -> Order:
        """The order that was asked for; what ends soonest first where none was."""
        return order_named(self._given("order"), self.now)

    @property
    def named_columns(self) -> tuple[str, ...]:
        """The columns that the address names; empty where it names none."""
        return known(self._given("columns").split(","))

    @property
    def in_use(self) -> dict[str, str]:
        """Each filter that narrows or sorts, as it stands in an address."""
        return {name: value for name in self.filters if (value := self._given(name))}

    def _given(self, name: str) -> str:
        return str(self.data.get(name, "")).strip() if self.form.is_valid() or name != "order" else ""

    def _holding(self, rows: CertificateQuerySet, _name: str, text: str) -> CertificateQuerySet:
        return rows.matching(self.organisation.pk, text)

    def _standing(self, rows: CertificateQuerySet, _name: str, value: str) -> CertificateQuerySet:
        rows = rows.alias(window_start=WINDOW_START)
        if value == NEEDS_SOMEONE:
            return rows.filter(needing_someone(self.now))
        return rows.filter(in_each_standing(self.now)[Standing(value)])

    def _of_number(self, rows: CertificateQuerySet, _name: str, value: str) -> CertificateQuerySet:
        kind, _, number = value.partition("=")
        return rows.filter(identifier_type=kind, identifier_value=number)

    def _ends_from(self, rows: CertificateQuerySet, _name: str, day: Any) -> CertificateQuerySet:
        return rows.filter(not_after__gte=datetime.combine(day, time(), BRUSSELS))

    def _ends_until(self, rows: CertificateQuerySet, _name: str, day: Any) -> CertificateQuerySet:
        if day.year >= MAXYEAR:
            return rows
        return rows.filter(not_after__lt=datetime.combine(day + timedelta(days=1), time(), BRUSSELS))

    def _opens_from(self, rows: CertificateQuerySet, _name: str, day: Any) -> CertificateQuerySet:
        rows = rows.alias(window_start=WINDOW_START)
        return rows.filter(Q(window_start__gte=datetime.combine(day, time(), BRUSSELS)))

    def _opens_until(self, rows: CertificateQuerySet, _name: str, day: Any) -> CertificateQuerySet:
        if day.year >= MAXYEAR:
            return rows
        rows = rows.alias(window_start=WINDOW_START)
        return rows.filter(Q(window_start__lt=datetime.combine(day + timedelta(days=1), time(), BRUSSELS)))

    def _on_machine(self, rows: CertificateQuerySet, _name: str, machine: str) -> CertificateQuerySet:
        return rows.filter(self._beside(Installation.objects.present().filter(machine__iexact=machine)))

    def _tagged(self, rows: CertificateQuerySet, _name: str, text: str) -> CertificateQuerySet:
        return rows.filter(self._beside(Tag.objects.filter(text=text.lower())))

    def _cared_for(self, rows: CertificateQuerySet, _name: str, user: UUID) -> CertificateQuerySet:
        return rows.filter(self._beside(Carer.objects.filter(user=user)))

    def _told(self, rows: CertificateQuerySet, _name: str, letter: UUID) -> CertificateQuerySet:
        """What stood in one letter, named by any of its notices: the certificates, and those being renewed."""
        here = Reminder.objects.filter(organisation=self.organisation)
        one = here.filter(pk=letter).first()
        if one is None or one.sent_at is None:
            return rows.none()
        told = here.filter(
            recipient=one.recipient_id, correspondent=one.correspondent_id, sent_at=one.sent_at
        )
        renewed = CertificateRequest.objects.filter(pk__in=told.order_by().values("subject_id"))
        return rows.filter(
            Q(pk__in=told.order_by().values("subject_id")) | Q(pk__in=renewed.order_by().values("replaces"))
        )

    def _as_it_is(self, rows: CertificateQuerySet, _name: str, _value: str) -> CertificateQuerySet:
        return rows

    def _beside(self, others: "QuerySet[Any]") -> Q:
        here = others.filter(organisation=self.organisation, certificate=OuterRef("pk"))
        return Q(Exists(here))
