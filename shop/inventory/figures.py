"""What a shelf's numbers mean: how much of it sells, how long it lasts, who waits for it. Computed, never stored."""

from datetime import datetime, timedelta

from django.db.models import Count, F, IntegerField, OuterRef, Q, QuerySet, Subquery, Sum
from django.db.models.functions import Coalesce, Greatest

from shop.inventory.models import Reservation, StockItem

SPANS = (28, 56)  # days of whose sales it is reckoned how long a shelf lasts: four weeks, eight weeks
COUNTED = ~Q(policy=StockItem.Policy.INFINITE)
# As StockItem.is_low says it.
LOW = Q(low_stock_threshold__gte=F("on_hand") - F("reserved")) & COUNTED
OUT = Q(on_hand__lte=F("reserved")) & COUNTED
# Who asked to be told when something is back. The asks are the wishlist's, known here by their relation alone.
WAITING = Q(stock_asks__confirmed_at__isnull=False, stock_asks__told_at__isnull=True)
WAITING_HERE = Q(variants__stock_asks__confirmed_at__isnull=False, variants__stock_asks__told_at__isnull=True)


def with_figures(items: QuerySet[StockItem], *, now: datetime, days: int = SPANS[0]) -> QuerySet[StockItem]:
    """Shelves with `sold` (units in the last `days`), `cover` (days that the rest lasts; None when nothing sold) and
    `waiting` (people who asked to be told). Lists pay for the rows that they show only.
    """
    sold = units_sold(now - timedelta(days=days))
    return items.annotate(
        sold=Coalesce(sold, 0), cover=Greatest(F("on_hand") - F("reserved"), 0) * days / sold, waiting=people_waiting()
    )


def units_sold(since: datetime) -> Subquery:
    """Units that were paid for: what orders have taken or hold for good, by the day on which they were ordered."""
    taken = Reservation.objects.filter(
        stock_item=OuterRef("pk"), state__in=(Reservation.State.FIRM, Reservation.State.SHIPPED), created_at__gte=since
    )
    totals = taken.order_by().values("stock_item").annotate(units=Sum("quantity"))
    return Subquery(totals.values("units"), output_field=IntegerField())


def people_waiting() -> Coalesce:
    asks = StockItem.objects.filter(WAITING_HERE, pk=OuterRef("pk")).order_by().values("pk")
    counted = asks.annotate(people=Count("variants__stock_asks")).values("people")
    return Coalesce(Subquery(counted, output_field=IntegerField()), 0)
