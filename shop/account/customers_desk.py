"""The customers desk: who buys here, what came of it, and what they said and asked. No password, no card, no editor.

What the law lets them ask for by letter or telephone, the owner may do for them: hand out what we keep, and have them
forgotten, with the same waiting period and letter as when they ask themselves (see erasure).
"""

from typing import Any, ClassVar

import django_filters
from django.core.exceptions import PermissionDenied
from django.db.models import F, Q, QuerySet
from django.forms import Form
from django.http import FileResponse, Http404, HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.urls import path, reverse
from django.utils.functional import cached_property
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _
from wagtail.admin.filters import DateRangePickerWidget, WagtailFilterSet
from wagtail.admin.ui.tables import Column, DateColumn, TitleColumn
from wagtail.admin.views import generic
from wagtail.admin.widgets.button import HeaderButton

from shop.access import access
from shop.account import customers, erasure, privacy
from shop.account.models import Customer
from shop.desk import HastyPaginator, OperationView, SafeExport, SeenViewSet
from shop.outbox import operations as outbox

VIEW, EXPORT, ERASE = "shop.view_customer", "shop.export_customer", "shop.erase_customer"
MONEY = "shop.view_payment"


class CustomerFilterSet(WagtailFilterSet):
    account = django_filters.ChoiceFilter(
        label=_("Account"), choices=[("yes", _("with an account")), ("no", _("guest"))], method="filter_account"
    )
    bought = django_filters.ChoiceFilter(
        label=_("Orders"),
        choices=[("no", _("none yet")), ("yes", _("has ordered")), ("again", _("more than once"))],
        method="filter_bought",
    )
    last_order = django_filters.DateFromToRangeFilter(label=_("Last order"), widget=DateRangePickerWidget)

    class Meta:
        model = Customer
        fields: ClassVar[list[str]] = ["account", "bought", "last_order"]

    def filter_account(self, rows: QuerySet, _name: str, value: str) -> QuerySet:
        return rows.filter(user__isnull=value == "no")

    def filter_bought(self, rows: QuerySet, _name: str, value: str) -> QuerySet:
        return rows.filter({"no": Q(order_count=0), "yes": Q(order_count__gt=0)}.get(value, Q(order_count__gt=1)))


class OrdersColumn(Column):
    """How many, leading to them."""

    cell_template_name = "shop/account/admin/_orders_cell.html"

    def get_cell_context_data(self, instance: Any, parent_context: Any) -> dict[str, Any]:
        url = f"{reverse('customers:inspect', args=[instance.pk])}#orders"
        return super().get_cell_context_data(instance, parent_context) | {"url": url}


class ValueColumn(Column):
    cell_template_name = "shop/account/admin/_value_cell.html"


class CustomerIndexView(SafeExport, generic.IndexView):
    """The list; `?export=csv` for those who may, which is written down."""

    template_name = "shop/account/admin/customers.html"
    paginator_class = HastyPaginator

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        if self.is_export:
            if not self.show_export_buttons:
                raise PermissionDenied
            record(request, "customers.export", "customers", {"customers": self.get_queryset().count()})
        return super().get(request, *args, **kwargs)

    def order_queryset(self, queryset: QuerySet) -> QuerySet:
        """Whoever has not ordered yet stands last, whichever way."""
        if self.ordering in ("last_order", "-last_order"):
            last = F("last_order")
            down = str(self.ordering).startswith("-")
            return queryset.order_by(last.desc(nulls_last=True) if down else last.asc(nulls_last=True), "email")
        return super().order_queryset(queryset)

    @cached_property
    def show_export_buttons(self) -> bool:
        return self.request.user.has_perm(EXPORT)

    @cached_property
    def may_see_money(self) -> bool:
        return self.request.user.has_perm(MONEY)

    @cached_property
    def columns(self) -> list[Column]:
        return [column for column in super().columns if column.name != "value" or self.may_see_money]

    def search_queryset(self, queryset: QuerySet) -> QuerySet:
        """By e-mail and name, or a part of them; of guests by the name that their parcels went to."""
        words = self.search_query.strip() if self.is_searching else ""
        return queryset.filter(customers.found_by(words)) if words else queryset

    def get_context_data(self, *args: Any, **kwargs: Any) -> dict[str, Any]:
        context = super().get_context_data(*args, **kwargs)
        if page := context.get("page_obj"):  # a file has none
            customers.tell(page.object_list, now=self.request.commerce_now, money=self.may_see_money)
        return context


def record(request: Any, action: str, subject: str, after: dict[str, Any]) -> None:
    """Write down that staff took people's data out of the house, or had somebody forgotten."""
    actor, now = request.user.get_username(), request.commerce_now
    outbox.record(actor=actor, action=action, subject=subject, before={}, after=after, now=now)


# --- one of them ---------------------------------------------------------------------------------


class CustomerView(generic.InspectView):
    page_title = _("Customer")
    template_name = "shop/account/admin/customer.html"

    def get_object(self, queryset: QuerySet | None = None) -> Customer:
        return found_or_404(self.pk)

    def get_fields_context(self) -> list:
        return []

    @cached_property
    def header_buttons(self) -> list[HeaderButton]:
        doors = [
            (EXPORT, "hand_out", HandOutView.page_title, "download"),
            (ERASE, "erase", EraseView.page_title, "bin"),
        ]
        return [
            HeaderButton(words, url=reverse(f"customers:{name}", args=[self.object.pk]), icon_name=icon)
            for permission, name, words, icon in doors
            if self.request.user.has_perm(permission)
        ]

    @cached_property
    def header_more_buttons(self) -> list:
        return []

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        may_see_money = self.request.user.has_perm(MONEY)
        known = customers.all_about(self.object, now=self.request.commerce_now, money=may_see_money)
        return super().get_context_data(**kwargs, customer=self.object, known=known, may_see_money=may_see_money)


def found_or_404(key: str) -> Customer:
    try:
        return customers.by_key(key)
    except Customer.DoesNotExist:
        raise Http404


class CustomerOperationView(OperationView):
    form_class = Form
    template_name = "shop/account/admin/operation.html"
    explanation: Any = ""
    header_icon = "user"

    @cached_property
    def customer(self) -> Customer:
        return found_or_404(self.kwargs["pk"])

    def get_page_subtitle(self) -> str:
        return self.customer.email

    def get_success_url(self) -> str:
        return reverse("customers:inspect", args=[self.customer.pk])

    def get_breadcrumbs_items(self) -> list[dict]:
        return [
            *self.breadcrumbs_items,
            {"url": reverse("customers:index"), "label": _("Customers")},
            {"url": self.get_success_url(), "label": self.customer.email},
            {"url": "", "label": self.page_title},
        ]

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        return super().get_context_data(explanation=self.explanation, **kwargs)


class HandOutView(CustomerOperationView):
    """Everything that we keep of them as a file, for a customer who has asked by letter and proven who they are."""

    permission = EXPORT
    page_title = submit_button_label = _("Hand out their data")
    explanation = _(
        "A ZIP with everything that we keep of this person, the same that they can fetch themselves. Make sure that it is"
        " they who ask, and send it nowhere but to them. That it was fetched is written down."
    )

    def form_valid(self, form: Form) -> HttpResponseBase:  # type: ignore[override]
        file = privacy.export(customers.person_of(self.customer), now=self.now)
        record(self.request, "customers.hand_out", f"customer:{self.customer.pk}", {})
        return FileResponse(file, as_attachment=True, filename="customer-data.zip", content_type="application/zip")


class EraseView(CustomerOperationView):
    permission = ERASE
    refusals = (erasure.NotForStaff,)
    page_title = submit_button_label = _("Forget them")
    explanation = _(
        "For a customer who has asked for it in another way than on the site. They get the same letter, in which they can"
        " take it back; what is open is finished first. Orders keep their number, amounts, tax and country."
    )
    success_message = _("It is asked for. They have a letter about it.")

    def operate(self, form: Form) -> None:
        user = self.customer.user
        erasure.ask(
            user=user,
            email="" if user else self.customer.email,
            language=customers.language_of(self.customer) or get_language() or "en",
            actor=self.actor,
            now=self.now,
        )

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        person = customers.person_of(self.customer)
        return super().get_context_data(open_matters=privacy.open_matters(person, now=self.now), **kwargs)


def guarded(view: type[CustomerOperationView], viewset: "CustomerViewSet") -> Any:
    return access("staff", view.permission)(viewset.construct_view(view))


class CustomerViewSet(SeenViewSet):
    model = Customer
    name = "customers"
    url_prefix = "customers"
    icon = "group"
    menu_label = _("Customers")
    menu_order = 192
    list_display = (
        TitleColumn("email", label=_("E-mail"), sort_key="email", url_name="customers:inspect"),
        Column("called", label=_("Name")),
        Column("kind", label=_("Account")),
        OrdersColumn("order_count", label=_("Orders"), sort_key="order_count"),
        ValueColumn("value", label=_("Net revenue")),
        DateColumn("last_order", label=_("Last order"), sort_key="last_order"),
        DateColumn("since", label=_("Since"), sort_key="since"),
    )
    filterset_class = CustomerFilterSet
    list_export = ("email", "name", "order_count", "last_order", "since")
    export_filename = "customers"
    search_fields = ("email",)  # only that there is a search: see CustomerIndexView
    ordering = "-last_order"
    inspect_view_enabled = True
    index_view_class = CustomerIndexView
    index_template_name = CustomerIndexView.template_name
    inspect_view_class = CustomerView
    inspect_template_name = CustomerView.template_name

    def get_urlpatterns(self) -> list:
        return [
            *super().get_urlpatterns(),
            path("hand-out/<str:pk>/", guarded(HandOutView, self), name="hand_out"),
            path("erase/<str:pk>/", guarded(EraseView, self), name="erase"),
        ]
