"""Letters of the account, which allauth writes as text, in the design of all others."""

import re

from django.conf import settings
from django.template.loader import render_to_string
from django.utils.translation import get_language

from shop.outbox.mails import INLINER

LINK = re.compile(r"^https?://\S+$", re.MULTILINE)


def in_our_design(subject: str, text: str) -> str:
    """The HTML of a letter: its paragraphs, and the address that stands alone in a line as a button."""
    signature = f"{settings.WAGTAIL_SITE_NAME}\n{settings.BASE_URL}"
    body = text.strip().removesuffix(signature).strip()
    link = LINK.search(body)
    before, after = (body[: link.start()], body[link.end() :]) if link else (body, "")
    context = {
        "language": get_language() or settings.LANGUAGE_CODE,
        "base_url": settings.BASE_URL,
        "shop_name": settings.WAGTAIL_SITE_NAME,
        "subject": subject,
        "introduction": before.strip(),
        "action_url": link[0] if link else "",
        "after": after.strip(),
    }
    return INLINER.inline(render_to_string("email/account.html", context))
