"""What staff's doors share: a form in the Wagtail admin that calls one operation and shows its refusal beside the field."""

from collections.abc import Iterator
from datetime import datetime
from hashlib import sha256
from typing import Any, ClassVar

from django.core.cache import cache
from django.core.exceptions import EmptyResultSet, PermissionDenied
from django.db.models import QuerySet
from django.forms import BaseForm, Form
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.functional import cached_property
from django.views.generic import FormView
from wagtail.admin import messages
from wagtail.admin.paginator import WagtailPaginator
from wagtail.admin.views.generic.base import WagtailAdminTemplateMixin
from wagtail.admin.views.mixins import SpreadsheetExportMixin
from wagtail.admin.viewsets.model import ModelViewSet
from wagtail.log_actions import log
from wagtail.permission_policies import ModelPermissionPolicy

from shop.sheets import FORMULA

MANY, SECONDS = 1000, 60


class HastyPaginator(WagtailPaginator):
    """Of lists that are costly to count: counts what is many at most once a minute, so that its last page may be late."""

    @cached_property
    def count(self) -> int:
        try:
            statement, values = self.object_list.query.sql_with_params()
        except EmptyResultSet:
            return 0
        key = f"desk/count/{sha256(f'{statement} {values}'.encode()).hexdigest()}"
        if (count := cache.get(key)) is None and (count := self.object_list.count()) >= MANY:
            cache.set(key, count, SECONDS)
        return count


def add_refusal(form: BaseForm, refusal: Exception) -> None:
    """Put a domain error into `form`: beside the field that it names, if the form has it, else above all."""
    field = getattr(refusal, "field", None)
    words = getattr(refusal, "message", "") or str(refusal)
    form.add_error(field if field in form.fields else None, words)


class OperationView(WagtailAdminTemplateMixin, FormView):
    """GET shows a form, POST runs one operation with it.

    Subclasses give `permission` (such as "shop.change_stockitem"), `refusals` (the domain errors that become form
    errors), `operate(form)` and `get_success_url()`. `self.actor` and `self.now` are what operations ask for. `about` names
    the attribute with the row in whose history it stands what was done; what its operation records is said there too.
    """

    permission: str
    refusals: ClassVar[tuple[type[Exception], ...]] = ()
    template_name = "shop/desk/form.html"
    success_message: Any = ""
    submit_button_label: Any = ""
    about: str = ""

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        if not request.user.has_perm(self.permission):
            raise PermissionDenied
        return super().dispatch(request, *args, **kwargs)

    @property
    def actor(self) -> str:
        return self.request.user.get_username()

    @property
    def now(self) -> datetime:
        return self.request.commerce_now  # type: ignore[attr-defined]

    def operate(self, form: Any) -> None:
        raise NotImplementedError

    def form_valid(self, form: Any) -> HttpResponse:
        try:
            self.operate(form)
        except self.refusals as refusal:
            add_refusal(form, refusal)
            return self.form_invalid(form)
        if self.about:
            did = {"did": str(self.page_title)}
            log(instance=getattr(self, self.about), action="shop.change", user=self.request.user, data=did)
        messages.success(self.request, self.success_message)
        return redirect(self.get_success_url())

    def get_context_data(self, **kwargs: Any) -> dict:
        context = super().get_context_data(
            action_url=self.request.get_full_path(), submit_button_label=self.submit_button_label, **kwargs
        )
        return context | {"media": context["form"].media}  # the scripts of date and picture choosers


class ActionView(OperationView):
    """One operation on one thing that has a number and moves from state to state: an order, a return.

    Asks once more, then does it. What somebody else has done meanwhile, or a second click, changes nothing. Subclasses
    give `subject`, `is_open`, where its `desk` is, and the words.
    """

    form_class: type[Form] = Form
    icon = "check"
    explanation: Any = ""
    desk: ClassVar[tuple[str, Any]]  # the namespace of its addresses, and what the desk is called
    illegal: ClassVar[type[Exception] | tuple[type[Exception], ...]]  # raised when the thing has moved on
    already: Any  # with %(number)s and %(state)s
    log_action: str

    @property
    def subject(self) -> Any:
        raise NotImplementedError

    @staticmethod
    def is_open(subject: Any) -> bool:
        """Whether the action makes sense for the thing as it is."""
        raise NotImplementedError

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        return super().get(request, *args, **kwargs) if self.is_open(self.subject) else self.nothing_to_do()

    def form_valid(self, form: Any) -> HttpResponse:
        if not self.is_open(self.subject):
            return self.nothing_to_do()
        before = self.facts()
        try:
            self.operate(form)
        except self.illegal:
            return self.nothing_to_do()
        except self.refusals as refusal:
            form.add_error(None, self.words(refusal))
            return self.form_invalid(form)
        self.write_log(self.logged(form), before)
        messages.success(self.request, self.success_message % {"number": self.subject.number})
        return redirect(self.get_success_url())

    def words(self, refusal: Exception) -> str:
        """Why it was refused, and what helps."""
        raise NotImplementedError

    def logged(self, form: Any) -> dict[str, Any] | None:
        """What the log keeps of the form, for ever."""
        return None

    def facts(self) -> dict[str, Any]:
        """What of the subject the log compares, before and after; nothing where the operation records it."""
        return {}

    def write_log(self, data: dict[str, Any] | None, before: dict[str, Any]) -> None:
        self.subject.refresh_from_db()
        after = self.facts()
        change = {"subject": self.subject.number, "before": before, "after": after}
        data = {**(data or {}), **({"changes": [change]} if before != after else {})}
        log(instance=self.subject, action=self.log_action, user=self.request.user, data=data)

    def nothing_to_do(self) -> HttpResponse:
        self.subject.refresh_from_db()
        facts = {"number": self.subject.number, "state": self.subject.get_state_display()}
        messages.warning(self.request, self.already % facts)
        return redirect(self.get_success_url())

    def get_page_subtitle(self) -> str:
        return self.subject.number

    def get_success_url(self) -> str:
        return reverse(f"{self.desk[0]}:inspect", args=[self.subject.pk])

    def get_breadcrumbs_items(self) -> list[dict]:
        return [
            *self.breadcrumbs_items,
            {"url": reverse(f"{self.desk[0]}:index"), "label": self.desk[1]},
            {"url": self.get_success_url(), "label": self.subject.number},
            {"url": "", "label": self.page_title},
        ]

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        return super().get_context_data(explanation=self.explanation, **kwargs)


class OperationFormMixin:
    """For Wagtail's own create and edit views whose form has `operate(actor=, now=)` in place of save()."""

    refusals: ClassVar[tuple[type[Exception], ...]] = ()

    def save_instance(self) -> Any:
        request, form = self.request, self.form  # type: ignore[attr-defined]
        action = "wagtail.edit" if form.instance.pk else "wagtail.create"
        instance = form.operate(actor=request.user.email, now=request.commerce_now)
        log(instance=instance, action=action, user=request.user)
        return instance

    def form_valid(self, form: Any) -> HttpResponse:
        try:
            return super().form_valid(form)  # type: ignore[misc]
        except self.refusals as refusal:
            add_refusal(form, refusal)
            self.produced_error_message = self.get_error_message()  # type: ignore[attr-defined]
            return self.form_invalid(form)  # type: ignore[attr-defined]


class SeenOnly(ModelPermissionPolicy):
    """For rows that no form writes: staff sees them, and acts by views with permissions of their own."""

    def user_has_permission(self, user: Any, action: str) -> bool:
        return action == "view" and super().user_has_permission(user, action)


class SeenViewSet(ModelViewSet):
    """The list of such rows, the last first."""

    form_fields = ()
    add_to_reference_index = False  # nothing that an editor could look for, and a write for each row
    copy_view_enabled = False
    list_per_page = 50
    ordering = "-pk"
    search_backend_name = None  # `search_fields` are looked through by the database


def harmless(text: str) -> str:
    """`text` for a CSV cell: what a spreadsheet would run as a formula is marked as text by an apostrophe."""
    return f"'{text}" if text.startswith(FORMULA) else text


class RowsAsTheyGo:
    """A queryset for an export: its rows are read some at a time and forgotten, however many they are."""

    CHUNK = 1000

    def __init__(self, queryset: QuerySet) -> None:
        self.model, self.queryset = queryset.model, queryset

    def __iter__(self) -> Iterator[Any]:
        return self.queryset.iterator(chunk_size=self.CHUNK)


class SafeExport(SpreadsheetExportMixin):
    """For views that export what strangers have typed. Workbooks need no care: Wagtail writes text as text."""

    custom_value_preprocess: ClassVar[dict] = {
        **SpreadsheetExportMixin.custom_value_preprocess,
        str: {SpreadsheetExportMixin.FORMAT_CSV: harmless},
    }

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        """An export of a list; the context of its page would have read all rows to count them."""
        if self.is_export:
            return self.as_spreadsheet(self.get_queryset(), request.GET["export"])  # type: ignore[attr-defined]
        return super().get(request, *args, **kwargs)  # type: ignore[misc]

    def as_spreadsheet(self, queryset: Any, spreadsheet_format: str) -> HttpResponse:
        rows = RowsAsTheyGo(queryset) if isinstance(queryset, QuerySet) else queryset
        return super().as_spreadsheet(rows, spreadsheet_format)
