"""Forms of the orders desk."""

from typing import Any

from django import forms
from django.core.validators import URLValidator
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _

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
