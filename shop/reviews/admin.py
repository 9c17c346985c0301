"""The reviews desk: read what waits, show it or not, answer. What buyers wrote is never edited."""

from typing import Any, ClassVar

import django_filters
from django.db.models import Case, QuerySet, When
from django.forms import CheckboxSelectMultiple, Form
from django.shortcuts import get_object_or_404
from django.urls import path, reverse
from django.utils.functional import cached_property
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext
from wagtail.admin.filters import WagtailFilterSet
from wagtail.admin.ui.tables import BulkActionsCheckboxColumn, Column, DateColumn, StatusTagColumn, TitleColumn
from wagtail.admin.views import generic
from wagtail.admin.views.bulk_action import BulkAction
from wagtail.admin.widgets.button import HeaderButton

from shop.access import access
from shop.desk import OperationView, SafeExport, SeenViewSet
from shop.reviews import operations as reviews
from shop.reviews.forms import ReplyForm
from shop.reviews.models import STARS, Review

State = Review.State
MAY = "shop.change_review"


class ReviewFilterSet(WagtailFilterSet):
    state = django_filters.MultipleChoiceFilter(label=_("State"), choices=State.choices, widget=CheckboxSelectMultiple)
    stars = django_filters.MultipleChoiceFilter(
        label=_("Stars"), choices=[(n, str(n)) for n in STARS], widget=CheckboxSelectMultiple
    )

    class Meta:
        model = Review
        fields: ClassVar[list[str]] = ["state", "stars"]


class ReviewIndexView(SafeExport, generic.IndexView):
    template_name = "shop/reviews/admin/reviews.html"

    def get_base_queryset(self) -> QuerySet[Review]:
        return super().get_base_queryset().select_related("product")

    def order_queryset(self, queryset: QuerySet[Review]) -> QuerySet[Review]:
        """What waits comes first, unless another order is asked for."""
        if self.ordering != self.default_ordering:
            return super().order_queryset(queryset)
        return queryset.order_by(Case(When(state=State.WAITING, then=0), default=1), "-pk")


class ReviewView(generic.InspectView):
    """One review as its readers see it, why it waits, and what may be done about it."""

    page_title = _("Review")
    template_name = "shop/reviews/admin/review.html"

    def get_fields_context(self) -> list:
        return []

    @cached_property
    def header_buttons(self) -> list[HeaderButton]:
        if not self.request.user.has_perm(MAY):
            return []
        decisions = {"approve": (ApproveView, State.APPROVED), "reject": (RejectView, State.REJECTED)}
        wanted = [(name, view) for name, (view, state) in decisions.items() if self.object.state != state]
        return [
            HeaderButton(
                view.page_title,
                url=reverse(f"reviews_desk:{name}", args=[self.object.pk]),
                icon_name=view.icon,
                priority=n,
            )
            for n, (name, view) in enumerate([*wanted, ("reply", ReplyView)])
        ]

    @cached_property
    def header_more_buttons(self) -> list:
        return []


class ReviewOperationView(OperationView):
    about = "review"
    permission = MAY
    refusals = (reviews.ReviewError,)
    form_class: type[Form] = Form
    icon = "check"

    @cached_property
    def review(self) -> Review:
        return get_object_or_404(Review.objects.select_related("product"), pk=self.kwargs["pk"])

    def get_page_subtitle(self) -> str:
        return str(self.review)

    def get_breadcrumbs_items(self) -> list[dict]:
        return [
            *self.breadcrumbs_items,
            {"url": reverse("reviews_desk:index"), "label": _("Reviews")},
            {"url": self.get_success_url(), "label": str(self.review)},
            {"url": "", "label": self.page_title},
        ]

    def get_success_url(self) -> str:
        return reverse("reviews_desk:inspect", args=[self.review.pk])


class ApproveView(ReviewOperationView):
    page_title = submit_button_label = _("Show it")
    success_message = _("It is shown, and counts.")

    def operate(self, form: Form) -> None:
        reviews.decide(review_ids=[self.review.pk], approve=True, actor=self.actor, now=self.now)


class RejectView(ReviewOperationView):
    page_title = submit_button_label = _("Do not show it")
    success_message = _("It is not shown, and does not count.")
    icon = "cross"

    def operate(self, form: Form) -> None:
        reviews.decide(review_ids=[self.review.pk], approve=False, actor=self.actor, now=self.now)


class ReplyView(ReviewOperationView):
    form_class = ReplyForm
    page_title = submit_button_label = _("Reply")
    success_message = _("The reply is kept.")
    icon = "edit"

    def get_initial(self) -> dict[str, str]:
        name = self.review.replied_by or self.request.user.get_short_name()  # type: ignore[union-attr]
        return {"text": self.review.reply, "name": name}

    def operate(self, form: Form) -> None:
        reviews.reply(review=self.review, **form.cleaned_data, actor=self.actor, now=self.now)


# --- several at once -----------------------------------------------------------------------------


class DecideBulkAction(BulkAction):
    """Which state they get, for all that were ticked."""

    models: ClassVar[list] = [Review]
    template_name = "shop/reviews/admin/decide.html"
    approve: bool
    question: Any

    def check_perm(self, review: Review) -> bool:
        return self.request.user.has_perm(MAY)

    def get_execution_context(self) -> dict[str, Any]:
        return {"actor": self.request.user.get_username(), "now": self.request.commerce_now}

    @classmethod
    def execute_action(cls, objects: list[Review], **context: Any) -> tuple[int, int]:
        ids = [review.pk for review in objects]
        return reviews.decide(review_ids=ids, approve=cls.approve, **context), 0

    def get_success_message(self, changed: int, _children: int) -> str:
        return ngettext("%(n)s review was changed.", "%(n)s reviews were changed.", changed) % {"n": changed}


class ApproveBulkAction(DecideBulkAction):
    display_name = _("Show them")
    aria_label = _("Show the chosen reviews")
    question = _("Show these reviews?")
    action_type = "approve"
    action_priority = 10
    approve = True


class RejectBulkAction(DecideBulkAction):
    display_name = _("Do not show them")
    aria_label = _("Do not show the chosen reviews")
    question = _("Not show these reviews?")
    action_type = "reject"
    action_priority = 20
    approve = False


BULK_ACTIONS = [ApproveBulkAction, RejectBulkAction]


class ReviewViewSet(SeenViewSet):
    model = Review
    name = "reviews_desk"
    url_prefix = "reviews"
    icon = "comment"
    menu_label = _("Reviews")
    menu_order = 205
    list_display = (
        BulkActionsCheckboxColumn("bulk_actions", obj_type="review"),
        TitleColumn(
            "title",
            label=_("Review"),
            accessor=lambda review: str(review),
            url_name="reviews_desk:inspect",
        ),
        Column("name", label=_("By")),
        Column("why", label=_("Why it waits"), accessor="get_why_display"),
        StatusTagColumn(
            "state",
            label=_("State"),
            accessor="get_state_display",
            primary=lambda review: review.state == State.WAITING,
        ),
        DateColumn("created_at", label=_("Written"), sort_key="created_at"),
    )
    filterset_class = ReviewFilterSet
    list_export = ("created_at", "product", "stars", "title", "text", "name", "verified", "state", "helpful", "reply")
    export_filename = "reviews"
    search_fields = ("title", "text", "name", "product__name")
    inspect_view_enabled = True
    index_view_class = ReviewIndexView
    index_template_name = ReviewIndexView.template_name
    inspect_view_class = ReviewView
    inspect_template_name = ReviewView.template_name

    def get_urlpatterns(self) -> list:
        views = {"approve": ApproveView, "reject": RejectView, "reply": ReplyView}
        return super().get_urlpatterns() + [
            path(f"{name}/<int:pk>/", access("staff", MAY)(self.construct_view(view)), name=name)
            for name, view in views.items()
        ]
