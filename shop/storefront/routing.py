"""Finding a page by its whole address."""

from typing import Any

from django.contrib.contenttypes.models import ContentType
from django.http import HttpRequest
from wagtail.models import Page
from wagtail.url_routing import RouteResult


class FoundByAddress:
    """Mixin for the page at the root of a site: two queries find any page below, not two for each level of the tree.

    A page class that routes by itself is left to Wagtail's way, as are drafts and addresses of nothing.
    Page classes name in `beside` the relations that a visit needs, to be fetched with the page.
    """

    def route(self, request: HttpRequest, path_components: list[str]) -> Any:
        found = self._below(path_components) if path_components else None
        return RouteResult(found) if found else super().route(request, path_components)  # type: ignore[misc]

    def _below(self, path_components: list[str]) -> Page | None:
        address = f"{self.url_path}{'/'.join(path_components)}/"  # type: ignore[attr-defined]
        below = Page.objects.filter(url_path=address, path__startswith=self.path, live=True)  # type: ignore[attr-defined]
        row = below.values_list("pk", "content_type_id").first()
        model: Any = ContentType.objects.get_for_id(row[1]).model_class() if row else None
        if row is None or model is None or model.route is not Page.route:
            return None
        return model.objects.select_related("locale", *getattr(model, "beside", ())).get(pk=row[0])
