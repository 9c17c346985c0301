"""What sort of device a browser says it runs on."""

import re

from django import template
from django.utils.translation import gettext as _

register = template.Library()

# The first that fits counts: Edge calls itself Chrome too, and Chrome Safari.
BROWSERS = {
    "Edge": r"Edg\w*/",
    "Opera": r"OPR/",
    "Firefox": r"Firefox/|FxiOS/",
    "Chrome": r"Chrom\w*/|CriOS/",
    "Safari": r"Safari/",
}
SYSTEMS = {
    "iPhone": "iPhone",
    "iPad": "iPad",
    "Android": "Android",
    "Windows": "Windows",
    "Mac": "Macintosh",
    "Linux": "Linux|X11",
}


@register.filter
def device(user_agent: str) -> str:
    """`Firefox, Windows`; what nobody knows is another browser."""
    found = [
        next((name for name, pattern in names.items() if re.search(pattern, user_agent)), "")
        for names in (BROWSERS, SYSTEMS)
    ]
    return ", ".join(filter(None, found)) or _("Another browser")
