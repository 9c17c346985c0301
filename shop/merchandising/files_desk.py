"""Take a catalogue file in: choose it, name its columns, see line by line what would happen, have it applied, watch."""

import csv
from collections.abc import Iterator
from typing import Any

from django import forms
from django.core.exceptions import PermissionDenied
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse, StreamingHttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404, redirect
from django.urls import URLPattern, path, reverse
from django.utils.functional import cached_property
from django.utils.translation import get_language
from django.utils.translation import gettext as _now
from django.utils.translation import gettext_lazy as _
from wagtail.admin import messages
from wagtail.admin.views.mixins import Echo

from shop.access import access
from shop.catalogue.refusals import CatalogueError
from shop.desk import OperationView, harmless
from shop.inventory.count_desk import MAY as MAY_COUNT
from shop.merchandising import operations as merchandising
from shop.merchandising.columns import Field, currency_codes, fields, guess
from shop.merchandising.models import CatalogueFile, CatalogueLine
from shop.sheets import FileRefused

MAY = "shop.change_product"
SHOWN = 100
RENEWED = 3  # seconds after which a page of a file at work is looked at anew
State, Outcome = CatalogueFile.State, CatalogueLine.Outcome


class FileForm(forms.Form):
    file = forms.FileField(
        label=_("File"),
        help_text=_("CSV (UTF-8) or XLSX, with a row for each variant."),
        widget=forms.FileInput(attrs={"accept": ".csv,.xlsx,text/csv"}),
    )


class FileDeskView(OperationView):
    permission = MAY
    refusals = (CatalogueError,)
    header_icon = "upload"

    def crumbs(self, *more: dict[str, Any]) -> list[dict[str, Any]]:
        products = {"url": reverse("product:index"), "label": _("Products")}
        files = {"url": reverse("product:files"), "label": _("Files")}
        return [*self.breadcrumbs_items, products, *([files] if more else []), *(more or [{**files, "url": ""}])]


class FilesView(FileDeskView):
    """The files of late, and the form for another one."""

    form_class = FileForm
    template_name = "shop/merchandising/files.html"
    page_title = _("Import products")

    def form_valid(self, form: FileForm) -> HttpResponse:
        file = form.cleaned_data["file"]
        try:
            taken = merchandising.take_file(
                name=file.name,
                content=file.read(merchandising.MOST_BYTES + 1),
                may_count=self.request.user.has_perm(MAY_COUNT),
                language=get_language() or "",
                actor=self.actor,
                now=self.now,
            )
        except FileRefused as refusal:
            form.add_error("file", refusal.message)
            return self.form_invalid(form)
        return redirect("product:file", pk=taken.pk)

    def get_breadcrumbs_items(self) -> list[dict[str, Any]]:
        return self.crumbs()

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        limits = {"most_rows": merchandising.MOST_ROWS, "most_mb": merchandising.MOST_BYTES // 1_000_000}
        files = CatalogueFile.objects.all()[:20]
        return super().get_context_data(files=files, known=fields(currency_codes()), **limits, **kwargs)


class ColumnsForm(forms.Form):
    """For each thing that a file may hold: which of its columns does."""

    def __init__(self, *args: Any, file: CatalogueFile, known: list[Field], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.known = known
        chosen = file.columns or guess(file.headings, known)
        columns = [("", "–"), *((str(n), _heading(heading, n)) for n, heading in enumerate(file.headings))]
        for one in known:
            self.fields[one.name] = forms.ChoiceField(
                label=one.label, required=False, choices=columns, initial=str(chosen.get(one.name, ""))
            )

    @property
    def columns(self) -> dict[str, int]:
        return {name: int(at) for name, at in self.cleaned_data.items() if at}

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        taken: dict[str, str] = {}
        for name, at in list(data.items()):
            if at and taken.setdefault(at, name) != name:
                self.add_error(name, _("This column is named twice."))
        if not data.get("sku") and not data.get("code"):
            self.add_error("sku", _("Name the column of the sku, or that of the product's code."))
        return data


def _heading(heading: str, n: int) -> str:
    return heading or _now("column %(n)s") % {"n": n + 1}


class OneFileView(FileDeskView):
    """Whoever may look may not yet act: a file that counts shelves belongs to those who keep them, one with prices to
    those who set them.
    """

    @cached_property
    def file(self) -> CatalogueFile:
        return get_object_or_404(CatalogueFile, pk=self.kwargs["pk"])

    @cached_property
    def known(self) -> list[Field]:
        may = self.request.user.has_perm
        return [one for one in fields(currency_codes()) if not one.permission or may(one.permission)]

    @cached_property
    def may_act(self) -> bool:
        may_count = not self.file.may_count or self.request.user.has_perm(MAY_COUNT)
        return may_count and self.file.columns.keys() <= {one.name for one in self.known}

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        if not self.may_act:
            raise PermissionDenied
        return super().post(request, *args, **kwargs)


class FileView(OneFileView):
    """A file as it stands. GET looks; POST names its columns."""

    template_name = "shop/merchandising/file.html"

    def get_page_title(self) -> str:
        return self.file.name

    def get_form(self, form_class: Any = None) -> ColumnsForm:
        data = self.request.POST if self.request.method == "POST" else None
        return ColumnsForm(data, file=self.file, known=self.known)

    def operate(self, form: ColumnsForm) -> None:
        merchandising.name_columns(file_id=self.file.pk, columns=form.columns, now=self.now)

    success_message = _("The lines are being looked at.")

    def get_success_url(self) -> str:
        return reverse("product:file", args=[self.file.pk])

    def get_breadcrumbs_items(self) -> list[dict[str, Any]]:
        return self.crumbs({"url": "", "label": self.file.name})

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        counts = merchandising.progress(self.file)
        outcome = self.request.GET.get("show", "")
        lines = self.file.lines.filter(outcome=outcome) if outcome in Outcome.values else self.file.lines.all()
        total = sum(counts.values())
        left = counts[Outcome.WAITING] if self.file.state == State.CHECKING else counts[Outcome.READY]
        return super().get_context_data(
            file=self.file,
            counts=counts,
            shown=[(one, label, counts[one]) for one, label in Outcome.choices if counts[one]],
            show=outcome,
            total=total,
            done=total - left,
            lines=Paginator(lines, SHOWN).get_page(self.request.GET.get("p")),
            renewed=RENEWED if self.file.is_at_work else 0,
            may_act=self.may_act,
            may_name=self.may_act and self.file.state in (State.MAPPING, State.CHECKED),
            may_agree=self.may_act and self.file.state in (State.CHECKED, State.STOPPED) and counts[Outcome.READY],
            **kwargs,
        )


class FileActionView(OneFileView):
    """`agree` and `stop`, each a press of a button."""

    form_class = forms.Form
    http_method_names = ["post"]
    verb = ""

    def form_valid(self, form: forms.Form) -> HttpResponse:
        operation = {"agree": merchandising.agree, "stop": merchandising.stop}[self.verb]
        try:
            operation(file_id=self.file.pk, now=self.now)
        except CatalogueError as refusal:
            messages.warning(self.request, str(refusal))
        return redirect("product:file", pk=self.kwargs["pk"])


def refused_lines(request: HttpRequest, pk: int) -> HttpResponseBase:
    """What cannot be applied, in the columns of the file and with the reason; to be mended and sent again."""
    file = get_object_or_404(CatalogueFile, pk=pk)
    response = StreamingHttpResponse(_refused(file), content_type="text/csv; charset=utf-8")
    response["Content-Disposition"] = 'attachment; filename="not-applied.csv"'
    return response


def _refused(file: CatalogueFile) -> Iterator[str]:
    table, width = csv.writer(Echo()), len(file.headings)
    yield table.writerow([harmless(cell) for cell in (*file.headings, "why")])
    for line in file.lines.filter(outcome=Outcome.REFUSED).iterator():
        cells = [*line.cells, *[""] * width][:width]
        yield table.writerow([harmless(cell) for cell in (*cells, " ".join(line.told))])


def urlpatterns() -> list[URLPattern]:
    guard = access("staff", MAY)
    return [
        path("files/", guard(FilesView.as_view()), name="files"),
        path("files/<int:pk>/", guard(FileView.as_view()), name="file"),
        path("files/<int:pk>/agree/", guard(FileActionView.as_view(verb="agree")), name="file_agree"),
        path("files/<int:pk>/stop/", guard(FileActionView.as_view(verb="stop")), name="file_stop"),
        path("files/<int:pk>/refused/", guard(refused_lines), name="file_refused"),
    ]
