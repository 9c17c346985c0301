"""The promotions desk for marketers: promotions, coupons and their uses. The one desk on wagtail-modeladmin (decision 4)."""

from functools import partial
from typing import Any

from django.contrib import messages
from django.contrib.admin import SimpleListFilter
from django.core.exceptions import PermissionDenied
from django.db.models import Count, Model, Q, QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext_lazy as _
from wagtail.admin.panels import FieldPanel, FieldRowPanel, HelpPanel, InlinePanel, MultiFieldPanel, ObjectList
from wagtail_modeladmin.helpers import PermissionHelper
from wagtail_modeladmin.options import ModelAdmin, ModelAdminGroup
from wagtail_modeladmin.views import CreateView, DeleteView, EditView, HistoryView, IndexView

from shop.catalogue.forms import CurrencySelect
from shop.desk import OperationView, SafeExport, add_refusal
from shop.money import Money, format_money
from shop.promotions import advice
from shop.promotions import operations as promotions
from shop.promotions.forms import CouponForm, ManyCodesForm, PromotionForm
from shop.promotions.models import Coupon, Promotion, Redemption

LIVE = Count("redemptions", filter=Q(redemptions__state__in=Redemption.LIVE))


class OperatesMixin:
    """modeladmin's form views, saving by the form's operation; a refusal stands beside its field."""

    request: HttpRequest

    def form_valid(self, form: Any) -> HttpResponse:
        now = self.request.commerce_now  # type: ignore[attr-defined]
        form.save = partial(form.operate, actor=self.request.user.get_username(), now=now)
        try:
            return super().form_valid(form)  # type: ignore[misc]
        except promotions.PromotionError as refusal:
            add_refusal(form, refusal)
            return self.form_invalid(form)  # type: ignore[attr-defined]


class SafeIndexView(SafeExport, IndexView):
    """Exports what nobody's spreadsheet runs: rows by their names, which are text like any other."""

    def to_row_dict(self, item: Any) -> dict[str, Any]:
        row = super().to_row_dict(item)
        return {name: str(value) if isinstance(value, Model) else value for name, value in row.items()}


class ByPromotion(SimpleListFilter):
    """Django's own filter of foreign keys needs its admin installed."""

    title = _("promotion")
    parameter_name = "promotion"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        used = Promotion.objects.filter(pk__in=model_admin.model.objects.values("promotion")).order_by("-pk")
        return [(str(pk), name) for pk, name in used.values_list("pk", "name")[:100]]

    def queryset(self, request: HttpRequest, rows: QuerySet) -> QuerySet:
        chosen = self.value() or ""
        return rows.filter(promotion=chosen) if chosen.isascii() and chosen.isdigit() and len(chosen) < 19 else rows


class ByBatch(SimpleListFilter):
    title = _("what for")
    parameter_name = "batch"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        named = Coupon.objects.exclude(batch="").order_by("batch").values_list("batch", flat=True).distinct()
        return [(batch, batch) for batch in named[:100]]

    def queryset(self, request: HttpRequest, rows: QuerySet) -> QuerySet:
        return rows.filter(batch=self.value()) if self.value() else rows


def on_or_off(row: Any) -> str:
    """In words: modeladmin's pictures of yes and no are those of Django's admin, which is not installed."""
    return str(_("On") if row.active else _("Off"))


# --- promotions ----------------------------------------------------------------------------------


class WarnsMixin(OperatesMixin):
    def form_valid(self, form: Any) -> HttpResponse:
        response = super().form_valid(form)
        if isinstance(response, HttpResponse) and response.status_code == 302:
            for words in advice.warnings(form.instance, now=self.request.commerce_now):  # type: ignore[attr-defined]
                messages.warning(self.request, words)
        return response


class PromotionCreateView(WarnsMixin, CreateView):
    pass


class PromotionEditView(WarnsMixin, EditView):
    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        now = self.request.commerce_now  # type: ignore[attr-defined]
        kept = Promotion.objects.get(pk=self.instance.pk)  # the form may have changed the one at hand
        return super().get_context_data(warnings=advice.warnings(kept, now=now), **kwargs)


class PromotionDeleteView(DeleteView):
    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        try:
            return super().post(request, *args, **kwargs)
        except promotions.StillUsed as refusal:
            messages.error(request, refusal.message)
            return redirect(self.edit_url)

    def delete_instance(self) -> None:
        now = self.request.commerce_now  # type: ignore[attr-defined]
        promotions.delete_promotion(promotion=self.instance, actor=self.request.user.get_username(), now=now)


class GuardedHistoryView(HistoryView):
    """Theirs lets in whoever may enter the admin."""

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        if not self.permission_helper.user_can_edit_obj(request.user, self.instance):
            raise PermissionDenied
        return super().dispatch(request, *args, **kwargs)


class PromotionAdmin(ModelAdmin):
    model = Promotion
    base_url_path = "promotions"
    menu_label = _("Promotions")
    menu_icon = "pick"
    list_display = ("name", "how", "effect", "when", "uses", "state")
    list_filter = ("active", "kind", "effect")
    search_fields = ("name",)
    ordering = ("-active", "priority", "pk")
    index_template_name = "shop/promotions/admin/promotions.html"
    edit_template_name = "shop/promotions/admin/promotion.html"
    create_view_class = PromotionCreateView
    edit_view_class = PromotionEditView
    delete_view_class = PromotionDeleteView
    history_view_class = GuardedHistoryView
    form_view_extra_css: list[str] = []

    edit_handler = ObjectList(
        [
            MultiFieldPanel(
                [
                    FieldPanel("name"),
                    FieldPanel("names"),
                    FieldPanel("kind"),
                    FieldPanel("code"),
                    FieldPanel("active"),
                    FieldRowPanel([FieldPanel("starts_at"), FieldPanel("ends_at")]),
                ],
                heading=_("What and when"),
            ),
            MultiFieldPanel(
                [
                    FieldPanel("effect"),
                    FieldPanel("percent"),
                    FieldRowPanel([FieldPanel("buy_quantity"), FieldPanel("get_quantity")]),
                ],
                heading=_("What comes off"),
            ),
            InlinePanel(
                "terms",
                [
                    FieldPanel("currency", widget=CurrencySelect),
                    FieldRowPanel([FieldPanel("amount_off"), FieldPanel("minimum")]),
                    FieldRowPanel([FieldPanel("cap"), FieldPanel("budget")]),
                ],
                heading=_("Amounts"),
                label=_("currency"),
                help_text=_("With an amount in any currency it holds in those currencies only; with none, in all."),
            ),
            InlinePanel(
                "tiers",
                [
                    FieldPanel("currency", widget=CurrencySelect),
                    FieldRowPanel([FieldPanel("minimum"), FieldPanel("percent")]),
                ],
                heading=_("Tiers"),
                label=_("tier"),
                help_text=_("Of the more, the more off: from this much on, so many per cent."),
            ),
            MultiFieldPanel(
                [
                    FieldPanel("scope"),
                    FieldPanel("product_codes"),
                    FieldPanel("categories"),
                    FieldPanel("collections"),
                ],
                heading=_("On what"),
            ),
            MultiFieldPanel(
                [
                    FieldRowPanel([FieldPanel("limit_total"), FieldPanel("limit_per_customer")]),
                    FieldPanel("first_order_only"),
                ],
                heading=_("For whom, and how often"),
            ),
            MultiFieldPanel(
                [
                    HelpPanel(
                        _(
                            "Reduced prices come first; of several the lowest counts. What may stand together comes off"
                            " one after the other. What stands alone counts only when it saves the shopper more."
                        )
                    ),
                    FieldRowPanel([FieldPanel("priority"), FieldPanel("exclusive")]),
                ],
                heading=_("Beside other promotions"),
            ),
        ],
        base_form_class=PromotionForm,
    )

    def get_queryset(self, request: HttpRequest) -> QuerySet[Promotion]:
        return super().get_queryset(request).annotate(live=LIVE)

    def how(self, promotion: Any) -> str:
        """ "Coupon", without what that means."""
        return promotion.get_kind_display().partition(":")[0]

    how.short_description = _("How it starts")  # type: ignore[attr-defined]

    def when(self, promotion: Any) -> str:
        days = [promotion.starts_at, promotion.ends_at]
        span = [date_format(timezone.localtime(day), "j M Y") if day else "" for day in days]
        return " – ".join(span).strip()

    when.short_description = _("When")  # type: ignore[attr-defined]

    def state(self, promotion: Any) -> str:
        return on_or_off(promotion)

    state.short_description = _("Switched")  # type: ignore[attr-defined]

    def uses(self, promotion: Any) -> str:
        return f"{promotion.live} / {promotion.limit_total}" if promotion.limit_total else str(promotion.live)

    uses.short_description = _("Uses")  # type: ignore[attr-defined]


# --- coupons -------------------------------------------------------------------------------------


class CouponCreateView(OperatesMixin, CreateView):
    pass


class CouponEditView(OperatesMixin, EditView):
    pass


class CouponAdmin(ModelAdmin):
    model = Coupon
    base_url_path = "coupons"
    menu_label = _("Coupons")
    menu_icon = "key"
    list_display = ("code", "promotion", "batch", "uses", "state", "created_at")
    list_export = ("code", "promotion", "batch", "used", "limit", "active", "created_at")
    export_filename = "coupons"
    list_filter = ("active", ByPromotion, ByBatch)
    list_select_related = ("promotion",)
    search_fields = ("code", "batch", "promotion__name")
    index_view_class = SafeIndexView
    index_template_name = "shop/promotions/admin/coupons.html"
    create_view_class = CouponCreateView
    edit_view_class = CouponEditView
    history_view_class = GuardedHistoryView
    edit_handler = ObjectList(
        [
            FieldPanel("promotion"),
            FieldPanel("code"),
            FieldPanel("limit"),
            FieldPanel("batch"),
            FieldPanel("active"),
        ],
        base_form_class=CouponForm,
    )

    def get_queryset(self, request: HttpRequest) -> QuerySet[Coupon]:
        return super().get_queryset(request).annotate(live=LIVE)

    def state(self, coupon: Any) -> str:
        return on_or_off(coupon)

    state.short_description = _("Switched")  # type: ignore[attr-defined]

    def used(self, coupon: Any) -> int:
        return coupon.live

    def uses(self, coupon: Any) -> str:
        return f"{coupon.live} / {coupon.limit}" if coupon.limit else str(coupon.live)

    uses.short_description = _("Uses")  # type: ignore[attr-defined]


class ManyCodesView(OperationView):
    permission = "shop.add_coupon"
    refusals = (promotions.PromotionError,)
    form_class = ManyCodesForm
    page_title = submit_button_label = _("Make codes")
    header_icon = "key"
    success_message = _("The codes are there. Export takes them along as a file.")

    def operate(self, form: Any) -> None:
        self.batch = form.cleaned_data["batch"]
        form.operate(actor=self.actor, now=self.now)

    def get_breadcrumbs_items(self) -> list[dict]:
        return [
            *self.breadcrumbs_items,
            {"url": reverse("coupons_modeladmin_index"), "label": _("Coupons")},
            {"url": "", "label": self.page_title},
        ]

    def get_success_url(self) -> str:
        return reverse("coupons_modeladmin_index")


# --- uses ----------------------------------------------------------------------------------------


class ReadOnly(PermissionHelper):
    """History is looked at. Not even the owner writes it by hand."""

    def user_can_list(self, user: Any) -> bool:
        return user.has_perm("shop.view_redemption")

    def user_can_create(self, user: Any) -> bool:
        return False

    def user_can_edit_obj(self, user: Any, obj: Any) -> bool:
        return False

    def user_can_delete_obj(self, user: Any, obj: Any) -> bool:
        return False


class RedemptionAdmin(ModelAdmin):
    model = Redemption
    base_url_path = "redemptions"
    menu_label = _("Redemptions")
    menu_icon = "history"
    permission_helper_class = ReadOnly
    index_view_class = SafeIndexView
    inspect_view_enabled = True
    inspect_view_fields = [
        "promotion",
        "coupon",
        "order_number",
        "amount",
        "currency",
        "state",
        "reserved_at",
        "settled_at",
    ]
    history_view_enabled = False
    list_display = ("order_number", "promotion", "coupon", "money", "state", "reserved_at")
    list_export = ("order_number", "promotion", "coupon", "amount", "currency", "state", "reserved_at", "settled_at")
    export_filename = "redemptions"
    list_filter = ("state", "currency", ByPromotion)
    list_select_related = ("promotion", "coupon")
    search_fields = ("order_number", "coupon__code", "promotion__name")

    def money(self, redemption: Redemption) -> str:
        return format_money(Money(redemption.amount, redemption.currency))

    money.short_description = _("Amount")  # type: ignore[attr-defined]


class PromotionsGroup(ModelAdminGroup):
    menu_label = _("Promotions")
    menu_icon = "pick"
    menu_order = 220
    items = (PromotionAdmin, CouponAdmin, RedemptionAdmin)
