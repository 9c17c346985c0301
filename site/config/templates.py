"""How templates are loaded for the public: without what their lines are indented by."""

from typing import Any

from django.template.loaders import filesystem

from shop.templatetags.remembering import without_indent


class LeanLoader(filesystem.Loader):
    """Our own templates; those of mails in plain text as they are written. Not for a desk, where errors name lines."""

    def get_contents(self, origin: Any) -> str:
        text = super().get_contents(origin)
        return without_indent(text) if origin.name.endswith(".html") else text
