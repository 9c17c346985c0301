"""The delivery desk: where parcels go, by which ways and for how much, where orders are collected, and the tax there."""

from django.contrib import messages
from django.db.models import Count, QuerySet
from django.forms import BaseForm
from django.http import HttpResponse
from django.utils.translation import gettext as _now
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext
from wagtail.admin.panels import FieldPanel, FieldRowPanel, InlinePanel, MultiFieldPanel, ObjectList
from wagtail.admin.ui.tables import BooleanColumn, Column, DateColumn
from wagtail.admin.views import generic
from wagtail.admin.viewsets.model import ModelViewSet, ModelViewSetGroup

from shop.catalogue.forms import CurrencySelect
from shop.customers.addresses import country_name
from shop.delivery.forms import MethodForm, PlaceForm, ZoneForm, missing_currencies
from shop.delivery.models import DayOff, Method, Place, TaxRate, Zone
from shop.money import Money, format_money


class WarnsMixin:
    """After saving, says what is allowed and yet hardly meant: `warnings_of(object)`."""

    def form_valid(self, form: BaseForm) -> HttpResponse:
        response = super().form_valid(form)  # type: ignore[misc]
        for words in self.warnings_of(form.instance):  # type: ignore[attr-defined]
            messages.warning(self.request, words)  # type: ignore[attr-defined]
        return response


class DeliveryViewSet(ModelViewSet):
    """What the viewsets of the desk share."""

    copy_view_enabled = False
    search_backend_name = None
    add_to_admin_menu = False


# --- zones ---------------------------------------------------------------------------------------


def shadowed(zone: Zone) -> list[str]:
    """What of a zone never counts, because a zone before it holds the same country."""
    others = [other for other in Zone.objects.exclude(pk=zone.pk) if set(other.countries) & set(zone.countries)]
    said = []
    for other in others:
        first, second = sorted([zone, other], key=lambda one: (one.position, one.pk))
        both = ", ".join(country_name(code) for code in sorted(set(first.countries) & set(second.countries)))
        words = _now("%(both)s: in “%(first)s” and in “%(second)s”. “%(first)s” counts, because it comes first.")
        said.append(words % {"both": both, "first": first, "second": second})
    return said


class ZoneWarnsMixin(WarnsMixin):
    def warnings_of(self, zone: Zone) -> list[str]:
        return shadowed(zone)


class ZoneCreateView(ZoneWarnsMixin, generic.CreateView):
    pass


class ZoneEditView(ZoneWarnsMixin, generic.EditView):
    pass


class ZoneIndexView(generic.IndexView):
    def get_base_queryset(self) -> QuerySet[Zone]:
        return super().get_base_queryset().annotate(method_count=Count("methods"))


def where(zone: Zone) -> str:
    """ "Indonesia", "33 countries", "US-HI"."""
    count = len(zone.countries)
    few = ", ".join(country_name(code) for code in zone.countries)
    many = ngettext("%(n)d country", "%(n)d countries", count) % {"n": count}
    return ", ".join(filter(None, [few if count <= 3 else many, *zone.regions]))


class ZoneViewSet(DeliveryViewSet):
    model = Zone
    icon = "globe"
    menu_label = _("Zones")
    panels = [FieldPanel("name"), FieldPanel("countries"), FieldPanel("regions"), FieldPanel("position")]
    edit_handler = ObjectList(panels, base_form_class=ZoneForm)
    list_display = [
        "name",
        Column("where", label=_("Where"), accessor=where),
        Column("method_count", label=_("Ways of delivery")),
        Column("position", label=_("Position")),
    ]
    index_view_class = ZoneIndexView
    add_view_class = ZoneCreateView
    edit_view_class = ZoneEditView
    search_fields = ["name"]


# --- methods -------------------------------------------------------------------------------------


class MethodWarnsMixin(WarnsMixin):
    def warnings_of(self, method: Method) -> list[str]:
        words = _now("No price in %(currency)s: whoever pays in %(currency)s is not offered this way.")
        return [words % {"currency": currency} for currency in missing_currencies(method)]


class MethodCreateView(MethodWarnsMixin, generic.CreateView):
    pass


class MethodEditView(MethodWarnsMixin, generic.EditView):
    pass


class MethodIndexView(generic.IndexView):
    def get_base_queryset(self) -> QuerySet[Method]:
        return super().get_base_queryset().select_related("zone").prefetch_related("prices")


def costs(method: Method) -> str:
    """ "$5.00, Rp 45.000", each the least that it costs in its currency."""
    least: dict[str, Money] = {}
    for row in method.prices.all():  # type: ignore[attr-defined]
        price = Money(row.amount, row.currency)
        least[row.currency] = min(least.get(row.currency, price), price)
    return ", ".join(format_money(price) for price in least.values())


class MethodViewSet(DeliveryViewSet):
    model = Method
    name = "delivery_method"
    icon = "parcel"
    menu_label = _("Ways of delivery")
    panels = [
        FieldPanel("zone"),
        FieldRowPanel([FieldPanel("name"), FieldPanel("code")]),
        FieldPanel("names"),
        FieldRowPanel([FieldPanel("kind"), FieldPanel("place")]),
        InlinePanel(
            "prices",
            [
                FieldPanel("currency", widget=CurrencySelect),
                FieldRowPanel([FieldPanel("up_to"), FieldPanel("amount"), FieldPanel("free_over")]),
            ],
            heading=_("Prices"),
            label=_("price"),
            help_text=_(
                "One for each currency; by weight or by what the goods cost, as many as there are tiers. A tier reaches"
                " from the one before up to its own end."
            ),
        ),
        MultiFieldPanel(
            [FieldRowPanel([FieldPanel("days_min"), FieldPanel("days_max")])], heading=_("How long it takes")
        ),
        FieldRowPanel([FieldPanel("position"), FieldPanel("active")]),
    ]
    edit_handler = ObjectList(panels, base_form_class=MethodForm)
    list_display = [
        "name",
        Column("zone", label=_("Zone"), sort_key="zone__position"),
        Column("kind", label=_("Kind"), accessor="get_kind_display"),
        Column("costs", label=_("From"), accessor=costs),
        BooleanColumn("active", label=_("Offered")),
    ]
    list_filter = ["zone", "kind", "active"]
    index_view_class = MethodIndexView
    add_view_class = MethodCreateView
    edit_view_class = MethodEditView
    search_fields = ["name", "code"]


# --- where orders are collected, what tax is due, when nobody works -------------------------------------


class PlaceViewSet(DeliveryViewSet):
    model = Place
    name = "collection_point"
    icon = "site"
    menu_label = _("Collection points")
    panels = [
        FieldPanel("name"),
        FieldPanel("country"),
        FieldPanel("line1"),
        FieldPanel("line2"),
        FieldRowPanel([FieldPanel("city"), FieldPanel("region"), FieldPanel("postcode")]),
        FieldPanel("phone"),
        FieldPanel("hours"),
    ]
    edit_handler = ObjectList(panels, base_form_class=PlaceForm)
    list_display = ["name", Column("city", label=_("City")), Column("hours", label=_("Open"))]
    search_fields = ["name", "city"]


def percent(rate: TaxRate) -> str:
    return f"{(rate.rate * 100).normalize():f} %"


class TaxRateViewSet(DeliveryViewSet):
    model = TaxRate
    name = "tax_rate"
    icon = "decimal"
    menu_label = _("Tax rates")
    form_fields = ["zone", "tax_class", "name", "names", "rate"]
    list_display = [
        "name",
        Column("zone", label=_("Zone")),
        Column("tax_class", label=_("Tax class")),
        Column("rate", label=_("Rate"), accessor=percent),
    ]
    list_filter = ["zone", "tax_class"]


class DayOffViewSet(DeliveryViewSet):
    model = DayOff
    name = "day_off"
    icon = "date"
    menu_label = _("Days off")
    form_fields = ["day", "name"]
    list_display = ["name", DateColumn("day", label=_("Day"), sort_key="day")]
    ordering = ["-day"]


class DeliveryGroup(ModelViewSetGroup):
    menu_label = _("Delivery and tax")
    menu_icon = "globe"
    menu_order = 205
    items: tuple[type[ModelViewSet], ...] = (ZoneViewSet, MethodViewSet, PlaceViewSet, TaxRateViewSet, DayOffViewSet)
