"""Letters of the account: every one as text and in our design, with the same words."""

import re
from html import unescape
from pathlib import Path

import pytest
from allauth.account.adapter import get_adapter
from allauth.core.context import request_context
from django.conf import settings
from django.core import mail
from django.utils import translation
from django.utils.html import strip_tags

from shop.account.letters import in_our_design
from tests.factories import make_staff
from tests.outbox.test_kinds import Tags

PREFIXES = sorted(
    str(path).rpartition("templates/")[2].removesuffix("_subject.txt")
    for folder in ("account", "mfa")
    for path in (Path(settings.ROOT) / "templates" / folder / "email").glob("*_subject.txt")
)
FACTS = {
    "shop_name": "Etalase",
    "base_url": "http://testserver",
    "email": "alice@example.com",
    "activate_url": "http://testserver/account/confirm/abc/",
    "password_reset_url": "http://testserver/account/reset/abc/",
    "signup_url": "http://testserver/account/signup/",
    "code": "123456",
    "timestamp": "today",
    "ip": "127.0.0.1",
    "from_email": "old@example.com",
    "to_email": "alice@example.com",
    "deleted_email": "old@example.com",
}


@pytest.mark.parametrize("language", [code for code, _name in settings.LANGUAGES])
@pytest.mark.parametrize("prefix", PREFIXES)
def test_every_letter_has_the_same_words_twice(rf, prefix, language):
    request = rf.get("/")
    with request_context(request), translation.override(language):
        letter = get_adapter(request).render_mail(prefix, "alice@example.com", FACTS)
    ((html, kind),) = letter.alternatives
    assert kind == "text/html"
    tags = Tags()
    tags.feed(html)
    assert tags.open == []
    assert f'<html lang="{language}">' in html
    said = " ".join(unescape(strip_tags(html)).split())
    for paragraph in letter.body.split("\n"):
        words = " ".join(paragraph.split())
        assert words in said or f'href="{words}"' in html or words == "http://testserver", words
    assert set(re.findall(r"href=\"([^\"]+)\"", html)) <= {"http://testserver/", *letter.body.split()}


def test_what_somebody_typed_is_text():
    html = in_our_design("Hello", "Dear <b>&,\n\nhttp://testserver/x/?a=1&b=<script>\n\nbye")
    assert "Dear &lt;b&gt;&amp;," in html
    assert "<script>" not in html.replace('href="http://testserver/x/?a=1&amp;b=<script>"', "")


@pytest.mark.django_db
def test_a_forgotten_password_brings_a_button(client):
    make_staff("Editor", "anna@example.com")
    client.post("/account/password/reset/", {"email": "anna@example.com"})
    (letter,) = mail.outbox
    link = re.search(r"http://testserver/account/password/reset/key/\S+", letter.body)[0]
    assert f'class="button" href="{link}"' in letter.alternatives[0][0]
