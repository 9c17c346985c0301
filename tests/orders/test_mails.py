"""What customers read: subject, text and HTML of the three mails, in the order's language."""

import re
from html import unescape
from html.parser import HTMLParser

import pytest

from shop.checkout.cancellation import cancel
from shop.checkout.emails import refund_letter
from shop.orders import emails
from shop.orders.models import Order
from shop.outbox import mails
from shop.outbox.models import Mail
from shop.payments.models import Refund
from tests.checkout.world import NOW, fill_cart, place, sell
from tests.factories import make_picture
from tests.orders.helpers import expire, paid_order, pay, placed_order, refund, send

pytestmark = [pytest.mark.django_db, pytest.mark.slow]


def written(order: Order, kind: str) -> Mail:
    mails.deliver(emails.letter(order, kind, f"{kind}/{order.number}"), now=NOW)
    return Mail.objects.get(kind=kind)


def test_confirmed():
    order = paid_order()
    mail = written(order, "order_confirmed")
    assert mail.subject == f"Order {order.number} confirmed"
    assert mail.to == "alice@example.com"
    link = f"http://testserver/orders/{order.number}/{order.token}/"
    for part in (mail.text, mail.html):
        for word in (
            link,
            "Mug",
            "$48.00",
            "$4.80",
            "$57.80",
            "Alice Hartono",
            "418 Alder Street",
            "Portland",
            "97205",
        ):
            assert word in part, word
        assert "26 November" in part
        assert "2 December" in part  # eight working days


def test_the_text_part_is_made_to_be_read():
    order = paid_order()
    lines = written(order, "order_confirmed").text.splitlines()
    assert lines[0] == "Thank you. It is yours."
    assert "2 x Mug: $48.00" in lines
    assert "Total: $57.80" in lines
    assert f"http://testserver/orders/{order.number}/{order.token}/" in lines
    assert max(map(len, lines)) < 130
    assert "\n\n\n" not in "\n".join(lines)


def test_shipped():
    order = send(paid_order())
    mail = written(order, "shipped")
    assert mail.subject == f"Order {order.number} is on its way"
    for part in (mail.text, mail.html):
        for word in ("JNE", "CGK0042", "https://track.example/CGK0042"):
            assert word in part, word


def test_shipped_without_a_link():
    mail = written(send(paid_order(), tracking_url=""), "shipped")
    assert "<strong>CGK0042</strong>" in mail.html
    assert "Tracking number: CGK0042" in mail.text


def test_cancelled_for_want_of_money():
    order = expire(placed_order())
    mail = written(order, "order_cancelled")
    assert mail.subject == f"Order {order.number} cancelled"
    for part in (mail.text, mail.html):
        assert "No payment came in time" in part
        assert "Sent to" not in part


def test_names_are_text_in_html_and_themselves_in_text():
    order = placed_order()
    order.lines.update(title="Cup & Saucer <b>")
    order.addresses.update(name="O'Neill & Sons")
    mail = written(order, "order_confirmed")
    assert "Cup &amp; Saucer &lt;b&gt;" in mail.html
    assert "O'Neill &amp; Sons" in mail.html
    assert "Cup & Saucer <b>" in mail.text
    assert "O'Neill & Sons" in mail.text


def test_it_speaks_the_language_of_the_order():
    order = paid_order()
    Order.objects.filter(pk=order.pk).update(language="id")
    order.refresh_from_db()
    mail = written(order, "order_confirmed")
    assert mail.language == "id"
    assert '<html lang="id">' in mail.html
    assert f"http://testserver/id/orders/{order.number}/" in mail.text
    assert "$57,80" in mail.text
    assert "Amerika Serikat" in mail.text


def test_rupiah_with_the_tax_in_them():
    order = pay(place(fill_cart(sell(), quantity=2, currency="IDR")))
    mail = written(order, "order_confirmed")
    for part in (mail.text, unescape(mail.html)):
        assert "Rp\N{NO-BREAK SPACE}" in part
        assert "Tax in it" in part


class Parts(HTMLParser):
    """What a mail program would load, and whether every element is closed."""

    VOID = {"meta", "br", "img", "input", "link", "hr"}

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.loads: list[str] = []

    def handle_starttag(self, tag, attrs):
        values = dict(attrs)
        if tag in ("img", "link", "script", "iframe") or "src" in values or "url(" in values.get("style", ""):
            self.loads.append(self.get_starttag_text())
        if tag not in self.VOID:
            self.open.append(tag)

    def handle_endtag(self, tag):
        assert self.open.pop() == tag


@pytest.mark.parametrize("kind", ["order_confirmed", "shipped", "order_cancelled"])
def test_the_html_is_whole_loads_nothing_and_knows_dark_screens(kind):
    html = written(send(paid_order()), kind).html
    parts = Parts()
    parts.feed(html)
    assert parts.open == []
    assert parts.loads == []
    assert '<meta name="color-scheme" content="light dark">' in html
    assert "prefers-color-scheme: dark" in html
    for pure in ("#000", "#fff", "#ffffff", "#000000", "black;", "white;"):
        assert pure not in html.lower(), pure


def test_a_paid_order_that_was_cancelled_says_what_goes_back():
    order = paid_order()
    cancel(order_id=order.pk, reason="customer", actor="customer", now=NOW)
    order.refresh_from_db()
    mail = written(order, "order_cancelled")
    for part in (mail.text, mail.html):
        assert "As you asked, we have cancelled your order." in part
        assert "Your $57.80 goes back to you" in part
        assert "Nothing was charged" not in part


def test_money_that_a_person_sends_asks_for_the_account(monkeypatch):
    monkeypatch.setattr("shop.payments.refunds.goes_by_hand", lambda payment, amount: True)
    order = paid_order()
    cancel(order_id=order.pk, reason="staff", actor="finance@etalase.example", why="sold out", now=NOW)
    order.refresh_from_db()
    mail = written(order, "order_cancelled")
    for part in (mail.text, mail.html):
        assert "Your $57.80 goes back to you by bank transfer. We ask you for the account" in part
        assert "sold out" not in part


def test_refunded():
    order = send(paid_order())
    done = refund(order, "10.00")
    mails.deliver(refund_letter(Refund.objects.get(pk=done.pk), f"refunded/{order.number}/{done.pk}"), now=NOW)
    mail = Mail.objects.get(kind="refunded")
    assert mail.subject == f"$10.00 of order {order.number} refunded"
    for part in (mail.text, mail.html):
        assert "We have sent you $10.00 back." in part
        assert f"/orders/{order.number}/{order.token}/" in part


def test_things_stand_beside_their_pictures_which_tell_nobody_who_looks():
    mug = sell("MUG")
    mug.image = make_picture("A blue mug", size=(480, 600))
    mug.save(update_fields=["image"])
    order = pay(place(fill_cart(mug, sell("BOWL"))))
    html = written(order, "order_confirmed").html
    [tag] = re.findall(r"<img[^>]*>", html)
    assert re.search(r'src="http://testserver/media/images/[^"?]+\.jpg"', tag)
    for fact in ('width="64"', 'height="80"', 'alt="Description of A blue mug"'):
        assert fact in tag
