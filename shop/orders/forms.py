"""Forms of the orders desk."""

from collections.abc import Iterator
from typing import Any
from uuid import uuid4

from django import forms
from django.core.validators import URLValidator
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _now
from django.utils.translation import gettext_lazy as _

from shop.orders.contents import ToSend

CARRIERS = ("JNE", "J&T Express", "SiCepat", "Pos Indonesia", "DHL", "FedEx", "UPS", "USPS")


class Suggesting(forms.TextInput):
    """A text field that suggests words and takes any other."""

    def __init__(self, suggestions: tuple[str, ...], attrs: dict[str, Any] | None = None) -> None:
        super().__init__(attrs)
        self.suggestions = suggestions

    def render(self, name: str, value: Any, attrs: dict | None = None, renderer: Any = None) -> SafeString:
        list_id = f"{name}-suggestions"
        options = format_html_join("", '<option value="{}"></option>', ((word,) for word in self.suggestions))
        field = super().render(name, value, {**(attrs or {}), "list": list_id}, renderer)
        return format_html('{}<datalist id="{}">{}</datalist>', field, list_id, options)


class ShipForm(forms.Form):
    carrier = forms.CharField(
        label=_("Carrier"), max_length=60, widget=Suggesting(CARRIERS), help_text=_("Choose one or write another.")
    )
    tracking_number = forms.CharField(label=_("Tracking number"), max_length=80)
    tracking_url = forms.URLField(
        label=_("Tracking link"),
        max_length=500,
        required=False,
        assume_scheme="https",
        validators=[URLValidator(schemes=["https", "http"])],
        help_text=_("If there is one: it goes into the customer's mail."),
    )


class ContentsForm(forms.Form):
    """What goes into a parcel: of each of `rows`, what is in no parcel yet unless another number is typed.

    Where there is but one unit there is nothing to choose, and its number is hidden. So what was seen is what goes in,
    whatever somebody else packs or unpacks meanwhile. `key` makes one parcel of a form that is sent twice.
    """

    key = forms.UUIDField(required=False, widget=forms.HiddenInput)

    def __init__(self, *args: Any, rows: list[ToSend], **kwargs: Any) -> None:
        kwargs["initial"] = {"key": uuid4(), **(kwargs.get("initial") or {})}
        super().__init__(*args, **kwargs)
        self.wanted = [each for each in rows if each.left]
        for each in self.wanted:
            self.fields[f"units_{each.line.pk}"] = self._field(each)
        if sum(each.left for each in self.wanted) == 1:
            self.fields[f"units_{self.wanted[0].line.pk}"].widget = forms.HiddenInput()

    def _field(self, each: ToSend) -> forms.IntegerField:
        title = f"{each.line.title} {each.line.options}".strip()
        return forms.IntegerField(
            label=_now("How many of %(title)s") % {"title": title},
            required=False,
            min_value=0,
            max_value=each.left,
            initial=each.left,
            widget=forms.NumberInput(attrs={"inputmode": "numeric"}),
        )

    @property
    def choices(self) -> Iterator[dict[str, Any]]:
        """Each line with its field; nothing when there is nothing to choose."""
        for each in self.wanted:
            units = self[f"units_{each.line.pk}"]
            if not units.is_hidden:
                yield {"standing": each, "units": units}

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        if self.wanted and not self.errors and not any(self.units().values()):
            shown = next((row["units"].name for row in self.choices), None)
            self.add_error(shown, _("Say how many of what goes into the parcel."))
        return data

    @property
    def is_chosen(self) -> bool:
        """Whether numbers were sent, be they of lines of which nothing is left by now."""
        return any(name.startswith("units_") for name in self.data)

    def units(self) -> dict[int, int]:
        """{line: quantity}, as sent; all that is left when no numbers were."""
        if not self.is_chosen:
            return {each.line.pk: each.left for each in self.wanted}
        return {each.line.pk: self.cleaned_data.get(f"units_{each.line.pk}") or 0 for each in self.wanted}


class ShipContentsForm(ContentsForm, ShipForm):
    """A parcel that is packed and handed over at once."""
