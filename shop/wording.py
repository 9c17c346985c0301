"""Names of shared rows in more than one language: a colour, a shelf, a way of delivery, a promotion.

Such a row keeps its name in the shop's first language in `name`, and in others in `names`, {"id": "Merah"}. Shoppers read
`label`; staff, and languages that nobody has filled in, have `name`. Pages have a translation each and need none of this.
"""

from collections.abc import Mapping
from typing import Any

from django import forms
from django.conf import settings
from django.db import models
from django.utils.translation import get_language, get_language_info
from django.utils.translation import gettext_lazy as _

LONGEST = 100


def said(name: str, names: Mapping[str, str] | None) -> str:
    """The name in the reader's language, else `name`.

    said("Red", {"id": "Merah"}) is "Merah" for those who read Indonesian, and "Red" for everybody else.
    """
    return (names or {}).get(get_language() or "") or name


def others() -> list[str]:
    """Codes of the shop's languages but the first."""
    return [code for code, _name in settings.LANGUAGES if code != settings.LANGUAGE_CODE]


class NamesWidget(forms.MultiWidget):
    def __init__(self, attrs: dict | None = None) -> None:
        super().__init__({code: forms.TextInput({"aria-label": _language(code)}) for code in others()}, attrs)

    def decompress(self, value: Any) -> list[str]:
        return [(value or {}).get(code, "") for code in others()]


class NamesFormField(forms.MultiValueField):
    """A text for each further language; cleans to {code of a language: name}, without those left empty."""

    def __init__(self, **options: Any) -> None:
        for name in ("encoder", "decoder"):
            options.pop(name, None)
        fields = [forms.CharField(max_length=LONGEST, required=False) for _code in others()]
        super().__init__(fields, require_all_fields=False, **{**options, "required": False, "widget": NamesWidget()})

    def compress(self, values: list[str]) -> dict[str, str]:
        return {code: name for code, name in zip(others(), values, strict=False) if name}


class NamesField(models.JSONField):
    """{code of a language: name}."""

    def __init__(self, verbose_name: Any = None, **options: Any) -> None:
        super().__init__(verbose_name or _("in other languages"), **{"default": dict, "blank": True, **options})

    def formfield(self, **options: Any) -> Any:
        return super().formfield(**{"form_class": NamesFormField, "help_text": _help(), **options})


class Named(models.Model):
    """For a row that has a `name`."""

    name: Any
    names = NamesField()

    class Meta:
        abstract = True

    @property
    def label(self) -> str:
        return said(self.name, self.names)


def _language(code: str) -> str:
    return get_language_info(code)["name_local"].capitalize()


def _help() -> str:
    return ", ".join(_language(code) for code in others())
