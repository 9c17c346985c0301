from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _
from wagtail.admin.panels import FieldPanel
from wagtail.contrib.settings.models import BaseGenericSetting, register_setting

from shop.catalogue.models import TaxClass
from shop.money import AmountField, CurrencyField


class Zone(models.Model):
    """Countries that parcels travel to on the same terms."""

    name = models.CharField(max_length=100)
    countries = ArrayField(models.CharField(max_length=2), help_text=_("ISO 3166-1 alpha-2 codes"))
    position = models.PositiveSmallIntegerField(default=0, help_text=_("The first zone with the country counts."))

    class Meta:
        ordering = ["position", "pk"]

    def __str__(self) -> str:
        return self.name


class Method(models.Model):
    """A way to send a parcel within a zone, with the days that it takes."""

    zone = models.ForeignKey(Zone, models.CASCADE, related_name="methods")
    code = models.SlugField(help_text=_("Kept on the order; does not change."))
    name = models.CharField(max_length=100)
    days_min = models.PositiveSmallIntegerField(default=2)
    days_max = models.PositiveSmallIntegerField(default=5)
    position = models.PositiveSmallIntegerField(default=0)
    active = models.BooleanField(default=True)

    class Meta:
        ordering = ["position", "pk"]
        constraints = [
            models.UniqueConstraint(fields=["zone", "code"], name="delivery_method_unique"),
            models.CheckConstraint(condition=Q(days_max__gte=F("days_min")), name="delivery_days_ordered"),
        ]

    def __str__(self) -> str:
        return f"{self.name}, {self.zone}"


class MethodPrice(models.Model):
    """What a method costs in a currency. Free when the discounted goods exceed `free_over` (strictly)."""

    method = models.ForeignKey(Method, models.CASCADE, related_name="prices")
    currency = CurrencyField()
    amount = AmountField()
    free_over = AmountField(null=True, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["method", "currency"], name="delivery_price_unique"),
            models.CheckConstraint(condition=Q(amount__gte=0), name="delivery_price_not_negative"),
        ]

    def __str__(self) -> str:
        return f"{self.method}: {self.amount} {self.currency}"


class TaxRate(models.Model):
    """Tax on goods of a class sent to a zone, as a share: 0.1 is ten per cent."""

    zone = models.ForeignKey(Zone, models.CASCADE, related_name="tax_rates")
    tax_class = models.ForeignKey(TaxClass, models.CASCADE, related_name="rates")
    rate = models.DecimalField(max_digits=6, decimal_places=4)
    name = models.CharField(max_length=50, default="Tax")

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["zone", "tax_class"], name="tax_rate_unique"),
            models.CheckConstraint(condition=Q(rate__gte=0, rate__lt=1), name="tax_rate_is_share"),
        ]

    def __str__(self) -> str:
        return f"{self.name} {self.rate:.2%}"


@register_setting(icon="undo", order=110)
class ReturnPolicy(BaseGenericSetting):
    """What we promise to those who change their mind."""

    days = models.PositiveSmallIntegerField(
        default=30,
        help_text=_("How long a thing can be sent back, from the day it arrives. 0: not at all, beyond what law says."),
    )
    free = models.BooleanField(_("we pay the way back"), default=False)

    panels = [FieldPanel("days"), FieldPanel("free")]

    class Meta:
        verbose_name = _("returns")

    def __str__(self) -> str:
        return str(self._meta.verbose_name)

    @classmethod
    def current(cls) -> "ReturnPolicy":
        """What is set, or the defaults; never written, unlike Wagtail's `load`."""
        return cls.objects.first() or cls()
