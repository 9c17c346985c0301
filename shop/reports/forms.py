from datetime import date, timedelta
from typing import Any

from django import forms
from django.conf import settings
from django.core.validators import MaxValueValidator, MinValueValidator
from django.utils.translation import gettext_lazy as _

from shop.catalogue.currency import currencies
from shop.reports.columns import Question, Report
from shop.reports.periods import Period

LONGEST = timedelta(days=3 * 366)
USUAL = 30  # days
SENSIBLE = [MinValueValidator(date(1970, 1, 1)), MaxValueValidator(date(2999, 12, 31))]  # days before and after exist


class QuestionForm(forms.Form):
    """What a report is asked. With nothing sent: the last 30 days in the default currency."""

    def __init__(self, report: Report, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.report = report
        codes = currencies() or [settings.DEFAULT_CURRENCY]
        if report.has_period:
            day = forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")
            facts: dict[str, Any] = {"required": False, "widget": day, "validators": SENSIBLE}
            self.fields["from"] = forms.DateField(label=_("From"), **facts)
            self.fields["until"] = forms.DateField(label=_("Until"), **facts)
            self.fields["currency"] = forms.ChoiceField(
                label=_("Currency"), required=False, choices=[(code, code) for code in codes]
            )
        for choice in report.choices:
            self.fields[choice.name] = forms.ChoiceField(label=choice.label, required=False, choices=choice.options)
        if report.compared:
            self.fields["compare"] = forms.BooleanField(label=_("Beside the time before"), required=False)

    def clean(self) -> dict[str, Any]:
        said = super().clean() or {}
        first, last = said.get("from"), said.get("until")
        if first and last and last < first:
            self.add_error("until", _("This is before the first day."))
        elif first and last and last - first > LONGEST:
            self.add_error("until", _("At most three years at once."))
        return said

    def question(self, now: Any) -> Question:
        """What was asked, with what is usual where nothing, or nothing sensible, was."""
        said = self.cleaned_data if self.is_valid() else {}
        usual = Period.ending(now, USUAL)
        last = said.get("until") or max(usual.last, said.get("from") or usual.last)
        first = said.get("from") or last - timedelta(days=USUAL - 1)
        code = said.get("currency") or settings.DEFAULT_CURRENCY
        choices = {choice.name: said.get(choice.name) or choice.options[0][0] for choice in self.report.choices}
        return Question(Period(first, last), code, choices)

    @property
    def compares(self) -> bool:
        return self.is_valid() and bool(self.cleaned_data.get("compare"))
