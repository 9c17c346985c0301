"""Pages as PDF, where WeasyPrint is installed (requirements/pdf.txt). Without it everything prints from the browser."""

from importlib import import_module
from types import ModuleType


def engine() -> ModuleType | None:
    """WeasyPrint, or None where it or its system libraries are missing."""
    try:
        return import_module("weasyprint")
    except (ImportError, OSError):
        return None


def pdf_of(html: str, *, style: str) -> bytes:
    """`html` with the style sheet `style`, on paper. Nothing is fetched, whatever the page names. Needs the engine."""
    press = engine()
    if press is None:
        raise RuntimeError("WeasyPrint is not installed")
    nothing = press.URLFetcher(allowed_protocols=())
    sheet = press.CSS(string=style, url_fetcher=nothing)
    return press.HTML(string=html, url_fetcher=nothing).write_pdf(stylesheets=[sheet])
