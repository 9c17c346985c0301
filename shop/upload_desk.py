"""A desk that takes a table: choose it, look at what would become of each row, agree, see what did, take along what did not.

The room has a module that reads it (inventory.count_file, orders.shipping_file): MOST_BYTES, MOST_ROWS, COLUMNS, OUTCOMES,
`read(content)` and `look(rows)`. Its rows have `line`, `outcome`, `why`, and `cells` in the order of COLUMNS.
"""

import csv
from collections import Counter
from collections.abc import Iterable
from types import ModuleType
from typing import Any

from django import forms
from django.http import HttpResponse
from django.urls import reverse
from django.utils.translation import gettext as _now
from django.utils.translation import gettext_lazy as _

from shop import sheets
from shop.desk import OperationView, harmless

REFUSED = "refused"  # the outcome that every table has


class UploadForm(forms.Form):
    """A file the first time; afterwards its text, which is read and looked at anew whatever was shown before."""

    file = forms.FileField(
        label=_("File"), required=False, widget=forms.FileInput(attrs={"accept": ".csv,.xlsx,text/csv"})
    )
    text = forms.CharField(required=False, strip=False, widget=forms.HiddenInput)

    def __init__(self, *args: Any, table: ModuleType, help_text: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.table = table
        self.fields["file"].help_text = help_text

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        if self.errors:
            return data
        try:
            data["rows"] = self.table.read(self._content(data))
        except sheets.FileRefused as refusal:
            self.add_error("file", refusal.message)
        return data

    def _content(self, data: dict[str, Any]) -> bytes:
        file = data.get("file")
        if file:
            return file.read(self.table.MOST_BYTES + 1)
        if not data.get("text"):
            raise sheets.FileRefused(_now("Choose a file."))
        return data["text"].encode()


class UploadView(OperationView):
    """A file is looked at; its text with `agreed` is carried out; with `export` what was refused comes as CSV.

    Subclasses give `table` (the module), `desk`, the words, `carry_out(row)`, and a template that extends ours.
    """

    form_class = UploadForm
    table: ModuleType
    desk: tuple[str, Any]  # the namespace of its addresses, and what the desk is called
    file_help: Any
    export_filename: str

    def carry_out(self, row: Any) -> Any:
        """Do what `look` found ready; the row with what became of it."""
        raise NotImplementedError

    def sent_back(self, row: Any) -> Iterable[str]:
        """The cells of a refused row, to be mended."""
        return row.cells

    def get_form_kwargs(self) -> dict[str, Any]:
        return {**super().get_form_kwargs(), "table": self.table, "help_text": self.file_help}

    def form_valid(self, form: UploadForm) -> HttpResponse:
        rows = self.table.look(form.cleaned_data["rows"])
        if "export" in self.request.POST:
            return self._export(rows)
        is_done = "agreed" in self.request.POST
        if is_done:
            rows = [self.carry_out(row) for row in rows]
        text = sheets.write(self.table.COLUMNS, ((row.line, row.cells) for row in rows))
        context = self.get_context_data(form=form, rows=rows, text=text, is_done=is_done, **self._counts(rows))
        return self.render_to_response(context)

    def _counts(self, rows: list[Any]) -> dict[str, int]:
        counted = Counter(row.outcome for row in rows)
        return {f"n_{name}": counted[name] for name in self.table.OUTCOMES}

    def _export(self, rows: list[Any]) -> HttpResponse:
        """What was refused, in the columns of the file and with the reason; to be mended and sent again."""
        response = HttpResponse(content_type="text/csv; charset=utf-8")
        response["Content-Disposition"] = f'attachment; filename="{self.export_filename}.csv"'
        table = csv.writer(response)
        table.writerow([*self.table.COLUMNS, "why"])
        for row in rows:
            if row.outcome == REFUSED:
                table.writerow([harmless(cell) for cell in (*self.sent_back(row), row.why)])
        return response

    def get_breadcrumbs_items(self) -> list[dict[str, Any]]:
        return [
            *self.breadcrumbs_items,
            {"url": reverse(f"{self.desk[0]}:index"), "label": self.desk[1]},
            {"url": "", "label": self.page_title},
        ]

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        limits = {"most_rows": self.table.MOST_ROWS, "most_kb": self.table.MOST_BYTES // 1000}
        return super().get_context_data(**{"rows": [], **limits, **kwargs})
