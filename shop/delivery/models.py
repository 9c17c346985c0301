from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _
from modelcluster.fields import ParentalKey
from modelcluster.models import ClusterableModel
from wagtail.admin.panels import FieldPanel
from wagtail.contrib.settings.models import BaseGenericSetting, register_setting

from shop.catalogue.models import TaxClass
from shop.customers.models import PostalAddress
from shop.money import AmountField, CurrencyField
from shop.wording import Named


class Zone(models.Model):
    """Places that parcels travel to on the same terms: countries, and parts of countries."""

    name = models.CharField(_("name"), max_length=100)
    countries = ArrayField(
        models.CharField(max_length=2), verbose_name=_("countries"), blank=True, default=list, help_text="ISO 3166-1"
    )
    regions = ArrayField(
        models.CharField(max_length=60),
        verbose_name=_("parts of countries"),
        blank=True,
        default=list,
        help_text="As addresses keep them, after their country: US-HI, ID-Papua.",
    )
    position = models.PositiveSmallIntegerField(
        _("position"), default=0, help_text=_("Of zones that hold the same place the first one counts.")
    )

    class Meta:
        verbose_name = _("zone")
        verbose_name_plural = _("zones")
        ordering = ["position", "pk"]
        constraints = [
            models.CheckConstraint(condition=~Q(countries=[], regions=[]), name="delivery_zone_of_something"),
        ]

    def __str__(self) -> str:
        return self.name


class Place(PostalAddress):
    """An address of ours where orders can be collected. Its `name` is what the sign at the door says."""

    hours = models.CharField(
        _("open"), max_length=200, blank=True, help_text=_("Such as: Tuesday to Saturday, 10 to 18.")
    )

    class Meta:
        verbose_name = _("collection point")
        verbose_name_plural = _("collection points")
        ordering = ["name", "pk"]

    def __str__(self) -> str:
        return self.name


class DayOff(models.Model):
    """A day on which nothing leaves and nothing arrives, besides Saturdays and Sundays."""

    day = models.DateField(_("day"), unique=True)
    name = models.CharField(_("name"), max_length=100)

    class Meta:
        verbose_name = _("day off")
        verbose_name_plural = _("days off")
        ordering = ["day"]

    def __str__(self) -> str:
        return f"{self.day}: {self.name}"


class Method(Named, ClusterableModel):
    """A way to get an order to its buyer within a zone, with the working days that it takes."""

    class Kind(models.TextChoices):
        FLAT = "flat", _("sent, one price")
        WEIGHT = "weight", _("sent, by weight")
        SUBTOTAL = "subtotal", _("sent, by what the goods cost")
        PICKUP = "pickup", _("collected from us")

    zone = models.ForeignKey(Zone, models.CASCADE, related_name="methods", verbose_name=_("zone"))
    code = models.SlugField(_("code"), help_text=_("Kept on the order; does not change."))
    name = models.CharField(_("name"), max_length=100)
    kind = models.CharField(_("kind"), max_length=10, choices=Kind, default=Kind.FLAT)
    place = models.ForeignKey(
        Place, models.PROTECT, null=True, blank=True, related_name="methods", verbose_name=_("collection point")
    )
    days_min = models.PositiveSmallIntegerField(_("working days, at least"), default=2)
    days_max = models.PositiveSmallIntegerField(_("working days, at most"), default=5)
    position = models.PositiveSmallIntegerField(_("position"), default=0, help_text=_("The first one is suggested."))
    active = models.BooleanField(_("offered"), default=True)

    class Meta:
        verbose_name = _("delivery method")
        verbose_name_plural = _("delivery methods")
        ordering = ["position", "pk"]
        constraints = [
            models.UniqueConstraint(fields=["zone", "code"], name="delivery_method_unique"),
            models.UniqueConstraint(fields=["code"], condition=Q(kind="pickup"), name="delivery_pickup_unique"),
            models.CheckConstraint(
                condition=Q(days_max__gte=F("days_min")),
                name="delivery_days_ordered",
                violation_error_message=_("It takes at most as long as, or longer than, it takes at least."),
            ),
            models.CheckConstraint(
                condition=Q(kind="pickup", place__isnull=False) | ~Q(kind="pickup") & Q(place__isnull=True),
                name="delivery_pickup_has_place",
                violation_error_message=_("What is collected needs a collection point, and nothing else has one."),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.name}, {self.zone}"


class MethodPrice(models.Model):
    """What a method costs in a currency. Free when the discounted goods exceed `free_over` (strictly).

    Methods by weight or by what the goods cost have one row for each tier, which reaches from the tier before up to
    `up_to`, inclusive; so tiers can neither overlap nor leave a gap. Null: as far as it goes.
    """

    method = ParentalKey(Method, on_delete=models.CASCADE, related_name="prices")
    currency = CurrencyField(_("currency"))
    up_to = models.DecimalField(
        _("up to"),
        max_digits=14,
        decimal_places=2,
        null=True,
        blank=True,
        help_text=_("By weight: grams. By what the goods cost: an amount. Empty: without a limit."),
    )
    amount = AmountField(_("costs"))
    free_over = AmountField(_("free over"), null=True, blank=True, help_text=_("When the goods cost more than this."))

    class Meta:
        ordering = ["currency", "up_to"]
        constraints = [
            models.UniqueConstraint(
                fields=["method", "currency", "up_to"], name="delivery_tier_unique", nulls_distinct=False
            ),
            models.CheckConstraint(condition=Q(amount__gte=0), name="delivery_price_not_negative"),
            models.CheckConstraint(
                condition=Q(up_to__isnull=True) | Q(up_to__gt=0),
                name="delivery_tier_holds_something",
                violation_error_message=_("A tier reaches up to more than nothing."),
            ),
            models.CheckConstraint(
                condition=Q(free_over__isnull=True) | Q(free_over__gte=0), name="delivery_free_over_not_negative"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.method}: {self.amount} {self.currency}"


class TaxRate(Named):
    """Tax on goods of a class sent to a zone, as a share: 0.1 is ten per cent."""

    zone = models.ForeignKey(Zone, models.CASCADE, related_name="tax_rates")
    tax_class = models.ForeignKey(TaxClass, models.CASCADE, related_name="rates")
    rate = models.DecimalField(_("rate"), max_digits=6, decimal_places=4, help_text=_("As a share: 0.1 is 10 %."))
    name = models.CharField(_("name"), max_length=50, default="Tax", help_text=_("As shoppers read it: Tax, VAT, PPN."))

    class Meta:
        verbose_name = _("tax rate")
        verbose_name_plural = _("tax rates")
        constraints = [
            models.UniqueConstraint(
                fields=["zone", "tax_class"],
                name="tax_rate_unique",
                violation_error_message=_("This zone has a rate for this tax class already."),
            ),
            models.CheckConstraint(
                condition=Q(rate__gte=0, rate__lt=1),
                name="tax_rate_is_share",
                violation_error_message=_("A rate is a share from 0 to less than 1: write ten per cent as 0.1."),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.name} {self.rate:.2%}"


@register_setting(icon="rotate", order=110)
class ReturnPolicy(BaseGenericSetting):
    """What we promise to those who change their mind."""

    days = models.PositiveSmallIntegerField(
        default=30,
        help_text=_("How long a thing can be sent back, from the day it arrives. 0: not at all, beyond what law says."),
    )
    free = models.BooleanField(_("we pay the way back"), default=False)
    address = models.TextField(
        _("address for returns"),
        blank=True,
        db_default="",
        help_text=_("As it is written on the parcel. Whoever may send it reads it."),
    )
    instructions = models.TextField(
        _("instructions"),
        blank=True,
        db_default="",
        help_text=_("What else to do: which courier, what to put in, how to pack."),
    )

    panels = [FieldPanel("days"), FieldPanel("free"), FieldPanel("address"), FieldPanel("instructions")]

    class Meta:
        verbose_name = _("returns")

    def __str__(self) -> str:
        return str(self._meta.verbose_name)

    @classmethod
    def current(cls) -> "ReturnPolicy":
        """What is set, or the defaults; never written, unlike Wagtail's `load`."""
        return cls.objects.first() or cls(address="", instructions="")
