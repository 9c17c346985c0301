"""The one place that locks promotions: last of all locks, codes before promotions, each by pk, and only what is scarce."""

from collections.abc import Iterable

from django.db.models import Exists, OuterRef, Q

from shop.promotions.models import Coupon, Promotion, PromotionTerms

SCARCE = (
    Q(limit_total__isnull=False)
    | Q(limit_per_customer__isnull=False)
    | Q(first_order_only=True)
    | Q(Exists(PromotionTerms.objects.filter(promotion=OuterRef("pk"), budget__isnull=False)))
)


def lock_coupons(pks: Iterable[int]) -> list[Coupon]:
    """Those of the codes that may run out, locked until the transaction ends."""
    rows = Coupon.objects.select_for_update(no_key=True, of=("self",)).filter(pk__in=set(pks), limit__isnull=False)
    return list(rows.order_by("pk"))


def lock_promotions(pks: Iterable[int]) -> list[Promotion]:
    """Those of the promotions that may run out, locked: one that everybody gets must not queue every order."""
    rows = Promotion.objects.select_for_update(no_key=True, of=("self",)).filter(SCARCE, pk__in=set(pks))
    return list(rows.order_by("pk"))


def lock_promotion(pk: int) -> Promotion:
    """One promotion for whoever edits it. Raises Promotion.DoesNotExist."""
    return Promotion.objects.select_for_update(no_key=True, of=("self",)).get(pk=pk)
