"""/dev/mail/: there on a desk, absent in public, and unable to run what a mail contains."""

import runpy

import pytest
from django.urls import Resolver404, get_resolver, reverse
from django.urls.resolvers import RegexPattern, URLResolver

import config.urls
from shop.outbox.models import Mail

pytestmark = pytest.mark.django_db


def write(key: str, **fields: object) -> Mail:
    values = {"kind": "shipped", "to": "alice@example.com", "subject": f"About {key}", "language": "en"}
    parts = {"text": "Hello\n", "html": "<script>alert(1)</script><p>Hello</p>"}
    return Mail.objects.create(key=key, **(values | parts | fields))


def test_the_list_has_the_newest_first_and_says_what_failed(client):
    write("shipped/ET-1")
    write("shipped/ET-2", error="SMTPServerDisconnected: gone")
    text = client.get(reverse("dev_mails")).content.decode()
    assert text.index("About shipped/ET-2") < text.index("About shipped/ET-1")
    assert "SMTPServerDisconnected: gone" in text


def test_a_mail_is_shown_as_text_and_in_a_frame_without_rights(client):
    mail = write("shipped/ET-1", text="<b>Hello</b> http://testserver/orders/ET-1/")
    response = client.get(reverse("dev_mail", args=[mail.pk]))
    text = response.content.decode()
    assert "&lt;b&gt;Hello&lt;/b&gt;" in text
    assert f'<iframe src="{reverse("dev_mail_html", args=[mail.pk])}"' in text
    assert 'sandbox="allow-popups"' in text
    assert "frame-src 'self'" in response.headers["Content-Security-Policy"]


def test_the_html_has_a_policy_of_its_own_under_which_nothing_runs_or_loads(client):
    mail = write("shipped/ET-1")
    response = client.get(reverse("dev_mail_html", args=[mail.pk]))
    assert response.content.decode() == mail.html
    policy = {part.strip() for part in response.headers["Content-Security-Policy"].split(";")}
    wanted = {"default-src 'none'", "style-src 'unsafe-inline'", "frame-ancestors 'self'", "sandbox allow-popups"}
    assert policy == wanted


def test_the_style_guide_is_where_make_run_says(client):
    assert "_card_grid" in client.get("/styleguide/").content.decode()


@pytest.mark.parametrize("address", ["/dev/mail/", "/styleguide/"])
def test_the_public_has_no_such_address(settings, address):
    assert get_resolver().resolve(address)
    settings.DEV_TOOLS = False
    patterns = runpy.run_path(config.urls.__file__)["urlpatterns"]
    public = URLResolver(RegexPattern(r"^/"), [each for each in patterns if str(each.pattern) != ""])
    with pytest.raises(Resolver404):
        public.resolve(address)
