"""The search's desk in the Wagtail admin: synonyms, and what was looked for."""

from datetime import datetime
from typing import Any, ClassVar

import django_filters
from django.db.models import Max, QuerySet, Sum
from django.forms import BaseForm
from django.http import HttpResponse
from django.utils.translation import gettext_lazy as _
from wagtail.admin.filters import DateRangePickerWidget, WagtailFilterSet
from wagtail.admin.ui.tables import Column, NumberColumn
from wagtail.admin.views import generic
from wagtail.admin.views.reports import ReportView
from wagtail.admin.viewsets.model import ModelViewSet

from search import log, synonyms
from search.models import SearchDay, Synonym, languages
from shop.desk import SafeExport
from shop.reports.periods import Period
from shop.reports.work import DAYS, link

# --- synonyms ------------------------------------------------------------------------------------


class SynonymCreateView(generic.CreateView):
    def save_instance(self) -> Synonym:
        synonym: Synonym = super().save_instance()
        synonyms.forget(synonym.language)
        return synonym


class SynonymEditView(generic.EditView):
    def save_instance(self) -> Synonym:
        before = self.form.initial["language"]
        synonym: Synonym = super().save_instance()
        for language in {before, synonym.language}:
            synonyms.forget(language)
        return synonym


class SynonymDeleteView(generic.DeleteView):
    def form_valid(self, form: BaseForm) -> HttpResponse:
        response = super().form_valid(form)
        synonyms.forget(self.object.language)
        return response


class SynonymViewSet(ModelViewSet):
    model = Synonym
    icon = "search"
    menu_label = _("Search synonyms")
    menu_order = 901  # below Wagtail's promoted results
    add_to_settings_menu = True
    copy_view_enabled = False
    add_view_class = SynonymCreateView
    edit_view_class = SynonymEditView
    delete_view_class = SynonymDeleteView
    list_display: ClassVar[list] = ["words", "leads_to", Column("get_language_display", label=_("Language"))]
    list_filter = ["language"]
    search_fields = ["words", "leads_to"]
    search_backend_name = None


# --- reports -------------------------------------------------------------------------------------


class SearchesFilterSet(WagtailFilterSet):
    day = django_filters.DateFromToRangeFilter(label=_("Day"), widget=DateRangePickerWidget)
    language = django_filters.ChoiceFilter(label=_("Language"), choices=languages)

    class Meta:
        model = SearchDay
        fields: ClassVar[list] = ["day", "language"]


class SearchesView(SafeExport, ReportView):
    """What was looked for in a period, the most wanted first."""

    model = SearchDay
    any_permission_required: ClassVar[list] = ["view"]
    page_title = _("Searches")
    header_icon = "search"
    index_url_name = "searches"
    index_results_url_name = "searches_results"
    filterset_class = SearchesFilterSet
    default_ordering = ["-searches", "words"]
    is_searchable = False
    list_export: ClassVar[list] = ["words", "language", "searches", "found", "last"]
    export_headings: ClassVar[dict] = {
        "words": _("Words"),
        "language": _("Language"),
        "searches": _("Searches"),
        "found": _("Found at most"),
        "last": _("Last day"),
    }
    export_filename = "searches"
    columns: ClassVar[list] = [
        Column("words", label=_("Words"), sort_key="words"),
        Column("language", label=_("Language")),
        NumberColumn("searches", label=_("Searches"), sort_key="searches"),
        NumberColumn("found", label=_("Found at most"), sort_key="found"),
        Column("last", label=_("Last day"), sort_key="last"),
    ]

    def setup(self, *args: Any, **kwargs: Any) -> None:
        super().setup(*args, **kwargs)
        log.gathered.hand_over()  # of a quiet shop, too, one sees what was looked for just now

    def get_base_queryset(self) -> QuerySet[Any]:
        return _by_words(SearchDay.objects.all())


class NothingFoundView(SearchesView):
    """What was looked for in vain: what the shop lacks, or calls by another name."""

    page_title = _("Searches that found nothing")
    index_url_name = "searches_in_vain"
    index_results_url_name = "searches_in_vain_results"
    export_filename = "searches-that-found-nothing"
    list_export: ClassVar[list] = ["words", "language", "searches", "last"]
    columns: ClassVar[list] = [column for column in SearchesView.columns if column.name != "found"]

    def get_base_queryset(self) -> QuerySet[Any]:
        return _by_words(SearchDay.objects.filter(found=0))


def count_in_vain(now: datetime) -> int:
    """How many different words of the last days found nothing: as many as their list has."""
    return _by_words(SearchDay.objects.filter(found=0, day__gte=Period.ending(now, DAYS).first)).count()


def in_vain_address(now: datetime) -> str:
    return link("searches_in_vain", day_from=Period.ending(now, DAYS).first)(now)


def _by_words(days: QuerySet[SearchDay]) -> QuerySet[Any]:
    """One row for the same words in the same language; the filter's days still count alone."""
    return days.values("words", "language").annotate(
        searches=Sum("searches", default=0), found=Max("found"), last=Max("day")
    )
