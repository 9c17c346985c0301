"""What staff's doors share: a form in the Wagtail admin that calls one operation and shows its refusal beside the field."""

from datetime import datetime
from typing import Any, ClassVar

from django.core.exceptions import PermissionDenied
from django.forms import BaseForm
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect
from django.views.generic import FormView
from wagtail.admin import messages
from wagtail.admin.views.generic.base import WagtailAdminTemplateMixin
from wagtail.admin.views.mixins import SpreadsheetExportMixin
from wagtail.log_actions import log


def add_refusal(form: BaseForm, refusal: Exception) -> None:
    """Put a domain error into `form`: beside the field that it names, if the form has it, else above all."""
    field = getattr(refusal, "field", None)
    words = getattr(refusal, "message", "") or str(refusal)
    form.add_error(field if field in form.fields else None, words)


class OperationView(WagtailAdminTemplateMixin, FormView):
    """GET shows a form, POST runs one operation with it.

    Subclasses give `permission` (such as "shop.change_stockitem"), `refusals` (the domain errors that become form
    errors), `operate(form)` and `get_success_url()`. `self.actor` and `self.now` are what operations ask for.
    """

    permission: str
    refusals: ClassVar[tuple[type[Exception], ...]] = ()
    template_name = "wagtailadmin/generic/form.html"
    success_message: Any = ""
    submit_button_label: Any = ""

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
        messages.success(self.request, self.success_message)
        return redirect(self.get_success_url())

    def get_context_data(self, **kwargs: Any) -> dict:
        context = super().get_context_data(
            action_url=self.request.get_full_path(), submit_button_label=self.submit_button_label, **kwargs
        )
        return context | {"media": context["form"].media}  # the scripts of date and picture choosers


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


def harmless(text: str) -> str:
    """`text` for a CSV cell: what a spreadsheet would run as a formula is marked as text by an apostrophe."""
    return f"'{text}" if text.startswith(("=", "+", "-", "@", "\t", "\r")) else text


class SafeExport(SpreadsheetExportMixin):
    """For index views that export what strangers have typed. Workbooks need no care: Wagtail writes text as text."""

    custom_value_preprocess: ClassVar[dict] = {
        **SpreadsheetExportMixin.custom_value_preprocess,
        str: {SpreadsheetExportMixin.FORMAT_CSV: harmless},
    }
