"""Promotions, the codes that open some of them, and who has used which. No counter stands on what people edit.

A promotion is one row whatever starts it: conditions and effects are the same for a reduced price, an automatic discount
and a coupon. See decision 9.
"""

from typing import ClassVar

from django.conf import settings
from django.core.validators import MaxValueValidator, MinValueValidator, RegexValidator
from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Upper
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from modelcluster.fields import ParentalKey
from modelcluster.models import ClusterableModel

from shop.catalogue.models import Category, Collection, Product
from shop.money import AmountField, CurrencyField
from shop.wording import Named


class PercentField(models.DecimalField):
    """A share in per cent: 12.5 is an eighth."""

    def __init__(self, *args, **kwargs):
        kwargs.setdefault("max_digits", 5)
        kwargs.setdefault("decimal_places", 2)
        kwargs.setdefault("validators", [MinValueValidator(0.01), MaxValueValidator(100)])
        super().__init__(*args, **kwargs)


def _positive_or_none(*names: str) -> Q:
    condition = Q()
    for name in names:
        condition &= Q(**{f"{name}__isnull": True}) | Q(**{f"{name}__gt": 0})
    return condition


class Promotion(Named, ClusterableModel):
    """Something off, for whom, on what and when. Amounts are in its `terms`, one row a currency."""

    class Kind(models.TextChoices):
        CATALOGUE = "catalogue", _("Reduced prices: on each thing, for everybody, wherever it is shown")
        CART = "cart", _("Automatic: in the cart, by itself")
        COUPON = "coupon", _("Coupon: in the cart, with a code")

    class Effect(models.TextChoices):
        PERCENTAGE = "percentage", _("Percentage off")
        FIXED = "fixed", _("Amount off")
        FREE_DELIVERY = "free_delivery", _("Free delivery")
        BUY_X_GET_Y = "buy_x_get_y", _("Buy some, get some")
        TIERED = "tiered", _("The more, the more off")

    class Scope(models.TextChoices):
        ALL = "all", _("Everything")
        PRODUCTS = "products", _("These products")
        CATEGORIES = "categories", _("These categories, and those below them")
        COLLECTIONS = "collections", _("These collections")

    name = models.CharField(max_length=100, help_text=_("Shoppers read it beside the amount, such as Autumn sale."))
    kind = models.CharField(_("how it starts"), max_length=10, choices=Kind, default=Kind.CART)
    effect = models.CharField(max_length=15, choices=Effect, default=Effect.PERCENTAGE)
    percent = PercentField(
        null=True,
        blank=True,
        help_text=_("Off what it is for; of buy some, get some: off each thing got (100 is free)."),
    )
    buy_quantity = models.PositiveSmallIntegerField(
        _("buy"), null=True, blank=True, validators=[MinValueValidator(1)], help_text=_("Of buy some, get some.")
    )
    get_quantity = models.PositiveSmallIntegerField(
        _("get"), null=True, blank=True, validators=[MinValueValidator(1)], help_text=_("The cheapest of each group.")
    )
    scope = models.CharField(_("on what"), max_length=12, choices=Scope, default=Scope.ALL)
    products: ClassVar[models.ManyToManyField] = models.ManyToManyField(Product, blank=True, related_name="+")
    categories: ClassVar[models.ManyToManyField] = models.ManyToManyField(Category, blank=True, related_name="+")
    collections: ClassVar[models.ManyToManyField] = models.ManyToManyField(Collection, blank=True, related_name="+")
    limit_total = models.PositiveIntegerField(
        _("uses in all"), null=True, blank=True, validators=[MinValueValidator(1)], help_text=_("Empty: no limit.")
    )
    limit_per_customer = models.PositiveIntegerField(
        _("uses for each customer"), null=True, blank=True, validators=[MinValueValidator(1)]
    )
    first_order_only = models.BooleanField(default=False, help_text=_("For whoever has not ordered before; once."))
    active = models.BooleanField(_("switched on"), default=True)
    starts_at = models.DateTimeField(_("starts"), default=timezone.now)
    ends_at = models.DateTimeField(_("ends"), null=True, blank=True, help_text=_("Empty: until you switch it off."))
    priority = models.PositiveSmallIntegerField(
        default=100, help_text=_("What stands together is taken off in this order, the lowest number first.")
    )
    exclusive = models.BooleanField(
        default=False,
        help_text=_("Stands alone: no other promotion counts beside it. The shopper gets what saves more."),
    )
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        verbose_name = _("promotion")
        verbose_name_plural = _("promotions")
        ordering = ["priority", "pk"]
        constraints = [
            models.CheckConstraint(
                condition=Q(
                    effect__in=["percentage", "buy_x_get_y"], percent__isnull=False, percent__gt=0, percent__lte=100
                )
                | Q(effect__in=["fixed", "free_delivery", "tiered"], percent__isnull=True),
                name="promotion_percent",
            ),
            models.CheckConstraint(
                condition=Q(
                    effect="buy_x_get_y",
                    buy_quantity__isnull=False,
                    get_quantity__isnull=False,
                    buy_quantity__gte=1,
                    get_quantity__gte=1,
                )
                | ~Q(effect="buy_x_get_y") & Q(buy_quantity__isnull=True, get_quantity__isnull=True),
                name="promotion_buy_and_get",
            ),
            models.CheckConstraint(
                condition=Q(ends_at__isnull=True) | Q(ends_at__gt=F("starts_at")), name="promotion_ends_after_start"
            ),
            models.CheckConstraint(
                condition=_positive_or_none("limit_total", "limit_per_customer"), name="promotion_limits_positive"
            ),
            models.CheckConstraint(
                condition=~Q(kind="catalogue")
                | Q(
                    effect__in=["percentage", "fixed"],
                    limit_total__isnull=True,
                    limit_per_customer__isnull=True,
                    first_order_only=False,
                )
                & (Q(percent__isnull=True) | Q(percent__lt=100)),
                name="promotion_catalogue_is_for_everybody",
            ),
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def each_customer(self) -> int | None:
        """How often one customer may use it; a first order comes once."""
        return 1 if self.first_order_only else self.limit_per_customer

    def runs(self, at) -> bool:
        """Whether it counts at `at`."""
        return self.active and self.starts_at <= at and (self.ends_at is None or at < self.ends_at)


class PromotionTerms(models.Model):
    """A promotion's amounts in one currency. With any row, the promotion holds in the currencies that have one only."""

    promotion = ParentalKey(Promotion, on_delete=models.CASCADE, related_name="terms")
    currency = CurrencyField()
    amount_off = AmountField(null=True, blank=True, help_text=_("Of amount off: for a reduced price, off each thing."))
    minimum = AmountField(null=True, blank=True, help_text=_("What the things it is for must come to."))
    cap = AmountField(_("at most"), null=True, blank=True, help_text=_("The most that one order gets."))
    budget = AmountField(null=True, blank=True, help_text=_("The most that all orders together get."))

    class Meta:
        verbose_name = _("amounts in a currency")
        constraints = [
            models.UniqueConstraint(fields=["promotion", "currency"], name="promotion_terms_unique"),
            models.CheckConstraint(
                condition=_positive_or_none("amount_off", "minimum", "cap", "budget"), name="promotion_terms_positive"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.promotion}, {self.currency}"


class Tier(models.Model):
    """From `minimum` of the things it is for, `percent` off them. The highest that is reached counts."""

    promotion = ParentalKey(Promotion, on_delete=models.CASCADE, related_name="tiers")
    currency = CurrencyField()
    minimum = AmountField(_("from"))
    percent = PercentField()

    class Meta:
        ordering = ["currency", "minimum"]
        constraints = [
            models.UniqueConstraint(fields=["promotion", "currency", "minimum"], name="tier_unique"),
            models.CheckConstraint(condition=Q(minimum__gt=0, percent__gt=0, percent__lte=100), name="tier_in_range"),
        ]

    def __str__(self) -> str:
        return f"{self.percent} % from {self.minimum} {self.currency}"


class Coupon(models.Model):
    """A code that opens a promotion; capitals and spaces around it do not matter. A promotion may have many."""

    promotion = models.ForeignKey(Promotion, models.CASCADE, related_name="coupons")
    code = models.CharField(
        max_length=40,
        validators=[RegexValidator(r"^[A-Za-z0-9-]{3,40}$", _("Three letters or more: A to Z, digits and hyphens."))],
    )
    limit = models.PositiveIntegerField(
        _("uses of this code"),
        null=True,
        blank=True,
        validators=[MinValueValidator(1)],
        help_text=_("Empty: no limit."),
    )
    active = models.BooleanField(_("switched on"), default=True)
    batch = models.CharField(
        max_length=60, blank=True, help_text=_("What it was made for, such as Letter of November.")
    )
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        verbose_name = _("coupon")
        verbose_name_plural = _("coupons")
        ordering = ["-pk"]
        constraints = [
            models.UniqueConstraint(Upper("code"), name="coupon_code_unique"),
            models.CheckConstraint(condition=Q(code__regex=r"^[A-Z0-9-]{3,40}$"), name="coupon_code_capitals"),
            models.CheckConstraint(condition=_positive_or_none("limit"), name="coupon_limit_positive"),
        ]

    def __str__(self) -> str:
        return self.code


class Redemption(models.Model):
    """One order's use of a promotion: reserved when it is placed, confirmed when paid, released when it is cancelled.

    The customer is a user, a keyed hash of the e-mail address, or both: enough to count by, and nobody's address.
    """

    class State(models.TextChoices):
        RESERVED = "reserved", _("reserved")
        CONFIRMED = "confirmed", _("used")
        RELEASED = "released", _("given back")

    LIVE = (State.RESERVED, State.CONFIRMED)

    promotion = models.ForeignKey(Promotion, models.PROTECT, related_name="redemptions")
    coupon = models.ForeignKey(Coupon, models.PROTECT, null=True, blank=True, related_name="redemptions")
    order_number = models.CharField(max_length=30, db_index=True)
    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, null=True, blank=True, related_name="+")
    email_hash = models.CharField(max_length=64, editable=False)
    currency = CurrencyField()
    amount = AmountField()
    state = models.CharField(max_length=10, choices=State, default=State.RESERVED)
    reserved_at = models.DateTimeField()
    settled_at = models.DateTimeField(null=True, blank=True, help_text=_("When it was confirmed or given back."))

    class Meta:
        verbose_name = _("redemption")
        verbose_name_plural = _("redemptions")
        ordering = ["-pk"]
        indexes = [
            models.Index(
                fields=["promotion", "currency"],
                name="redemption_live",
                condition=~Q(state="released"),
                include=["amount"],
            ),
            models.Index(
                fields=["promotion", "email_hash"], name="redemption_customer", condition=~Q(state="released")
            ),
        ]
        constraints = [
            models.UniqueConstraint(fields=["promotion", "order_number"], name="redemption_once_per_order"),
            models.CheckConstraint(condition=Q(amount__gt=0), name="redemption_of_something"),
            models.CheckConstraint(
                condition=Q(state="reserved", settled_at__isnull=True)
                | ~Q(state="reserved") & Q(settled_at__isnull=False),
                name="redemption_settled_at",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.promotion}, {self.order_number}"
