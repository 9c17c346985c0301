"""What a return asks: how many of what, and why."""

from collections.abc import Iterator
from typing import Any
from uuid import uuid4

from django import forms
from django.utils.translation import gettext as _now
from django.utils.translation import gettext_lazy as _

from shop.checkout.refunding import LineStanding
from shop.returns.listing import Returnable
from shop.returns.models import LONGEST, ReturnLine
from shop.returns.operations import Wanted
from shop.reviews.forms import ManyFiles, PhotosField


class ReturnForm(forms.Form):
    """Two fields for each line of which something can be sent back. `key` makes a form sent twice one return."""

    key = forms.UUIDField(widget=forms.HiddenInput)
    words = forms.CharField(
        label=_("What should we know? (optional)"),
        required=False,
        max_length=LONGEST,
        widget=forms.Textarea(attrs={"rows": 4, "class": "input"}),
        help_text=_("What is wrong with it, or what you had hoped for."),
    )
    photos = PhotosField(
        label=_("Pictures (optional)"),
        required=False,
        widget=ManyFiles(attrs={"accept": "image/jpeg,image/png,image/webp", "class": "input"}),
        help_text=_("Up to three. They help when something is damaged. Where they were taken is removed."),
    )

    def __init__(self, *args: Any, here: Returnable, **kwargs: Any) -> None:
        super().__init__(*args, **{"initial": {"key": uuid4()}, **kwargs})
        self.lines = [each for each in here.lines if each.line.pk in here.units]
        alone = len(self.lines) == 1
        for each in self.lines:
            self._add_line(each, here.units[each.line.pk], alone)
        self.order_fields([f"{name}_{each.line.pk}" for each in self.lines for name in ("units", "reason")])

    def _add_line(self, each: LineStanding, most: int, alone: bool) -> None:
        title = {"title": f"{each.line.title} {each.line.options}".strip()}
        too_many = _now("Of %(title)s you can send back at most %(most)s.") % {**title, "most": most}
        choices = [(n, str(n)) for n in range(most + 1)]
        self.fields[f"units_{each.line.pk}"] = forms.TypedChoiceField(
            label=_("How many"),
            coerce=int,
            empty_value=0,  # type: ignore[arg-type]
            required=False,
            choices=choices,
            initial=1 if alone and most == 1 else 0,
            widget=forms.Select(attrs={"class": "input", "aria-label": _now("How many of %(title)s") % title}),
            error_messages={"invalid_choice": too_many},
        )
        self.fields[f"reason_{each.line.pk}"] = forms.ChoiceField(
            label=_("Why"),
            required=False,
            choices=[("", _("Choose a reason")), *ReturnLine.Reason.choices],
            widget=forms.Select(attrs={"class": "input", "aria-label": _now("Why you send %(title)s back") % title}),
            error_messages={"invalid_choice": _now("Choose one of the reasons for %(title)s.") % title},
        )

    @property
    def rows(self) -> Iterator[dict[str, Any]]:
        """Each line with its two fields."""
        for each in self.lines:
            yield {"line": each.line, "units": self[f"units_{each.line.pk}"], "reason": self[f"reason_{each.line.pk}"]}

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        names = [f"units_{each.line.pk}" for each in self.lines]
        if not any(data.get(name) or name in self.errors for name in names):
            self.add_error(names[0], _("Say how many of what you want to send back."))
        for each in self.lines:
            name = f"reason_{each.line.pk}"
            if data.get(f"units_{each.line.pk}") and not data.get(name) and name not in self.errors:
                self.add_error(name, _("Choose why you send %(title)s back.") % {"title": each.line.title})
        return data

    def wanted(self) -> list[Wanted]:
        data = self.cleaned_data
        return [
            Wanted(each.line.pk, units, data[f"reason_{each.line.pk}"])
            for each in self.lines
            if (units := data[f"units_{each.line.pk}"])
        ]
