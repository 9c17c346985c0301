"""Ship many orders from a file of tracking numbers: choose it, look at what would happen, confirm, see what happened."""

from django.urls import URLPattern, path
from django.utils.translation import gettext_lazy as _
from wagtail.log_actions import log

from shop.access import access
from shop.orders import shipping_file
from shop.orders.models import Order
from shop.orders.shipping_file import SHIPPED, Row
from shop.upload_desk import UploadView

MAY = "shop.ship_order"


class ShipFileView(UploadView):
    permission = MAY
    table = shipping_file
    desk = ("orders", _("Orders"))
    template_name = "shop/orders/admin/ship_file.html"
    page_title = _("Ship from a file")
    header_icon = "parcel"
    file_help = _("CSV with the columns order, carrier, tracking and, if there are any, link and parcel.")
    export_filename = "not-shipped"

    def carry_out(self, row: Row) -> Row:
        after = shipping_file.ship(row, actor=self.actor, now=self.now)
        if after.outcome == SHIPPED and after.order_id:
            order = Order.objects.get(pk=after.order_id)
            log(instance=order, action="shop.ship_order", user=self.request.user, data=row.parcel)
        return after


def urlpatterns() -> list[URLPattern]:
    return [path("ship-from-file/", access("staff", MAY)(ShipFileView.as_view()), name="ship_file")]
