"""The Payment Element stand-in in Chromium, on a page with a strict Content-Security-Policy."""

import threading
from collections.abc import Iterator
from html import escape
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import parse_qsl, urlsplit

import axe_playwright_python
import pytest
import stripe
from playwright.sync_api import Browser, Frame, Page, expect

pytestmark = pytest.mark.browser

AXE = (Path(axe_playwright_python.__file__).parent / "axe.min.js").read_text()
RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]
LIGHT = '{"colorPrimary": "#2b3a7c", "colorBackground": "#fdfcf9", "colorText": "#24211c", "borderRadius": "2px"}'
DARK = '{"colorPrimary": "#b1bdf6", "colorBackground": "#171512", "colorText": "#efe8dc", "borderRadius": "2px"}'
PAGE = """<!doctype html><html lang="en"><title>Pay</title><link rel="stylesheet" href="/shop.css">
<body data-locale="{locale}" data-look="{look}"><h1>Pay</h1><form><div id="payment"></div>
<p id="message" role="alert"></p><button>Pay $19.99</button></form>
<script src="{stripe}/endive/stripe.js"></script><script src="/shop.js" type="module"></script>"""
CSS = "body { margin: 16px; background: light-dark(#fdfcf9, #171512); color-scheme: light dark }"


class Shop(ThreadingHTTPServer):
    """`look` and `locale` change what the next page shows; `intents` are those it made."""

    daemon_threads = True
    locale, look = "en", LIGHT

    def __init__(self, stripe_url: str, client: stripe.StripeClient) -> None:
        super().__init__(("127.0.0.1", 0), ShopHandler)
        self.url = f"http://127.0.0.1:{self.server_port}"
        self.stripe_url = stripe_url
        self.client = client
        self.intents: list[str] = []
        self.policy = (
            f"default-src 'none'; script-src 'self' {stripe_url}; frame-src {stripe_url}; style-src 'self'; "
            f"connect-src 'self' {stripe_url}; form-action 'self'; base-uri 'none'"
        )

    def status(self) -> str:
        (intent,) = self.intents
        return self.client.v1.payment_intents.retrieve(intent).status


class ShopHandler(BaseHTTPRequestHandler):
    server: Shop

    def do_GET(self) -> None:
        shop = self.server
        path = urlsplit(self.path).path
        if path == "/shop.js":
            self.send("text/javascript", (Path(__file__).parent / "shop.js").read_text())
        elif path == "/shop.css":
            self.send("text/css", CSS)
        elif path == "/pay":
            page = PAGE.format(locale=shop.locale, look=escape(shop.look), stripe=shop.stripe_url)
            self.send("text/html", page)
        else:
            self.send("text/html", "<!doctype html><title>Thanks</title><h1>Thanks</h1>")

    def do_POST(self) -> None:
        intent = self.server.client.v1.payment_intents.create({"amount": 1999, "currency": "usd"})
        self.server.intents.append(intent.id)
        self.send("text/plain", intent.client_secret)

    def send(self, type: str, text: str) -> None:
        self.send_response(200)
        self.send_header("Content-Type", type)
        self.send_header("Content-Length", str(len(text.encode())))
        self.send_header("Content-Security-Policy", self.server.policy)
        self.end_headers()
        self.wfile.write(text.encode())

    def log_message(self, *args: object) -> None:
        pass


@pytest.fixture
def shop(sandbox, client) -> Iterator[Shop]:
    with Shop(sandbox.base_url, client) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.02,))
        thread.start()
        yield server
        server.shutdown()
        thread.join()


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    with browser.new_context(viewport={"width": 390, "height": 844}) as context:
        yield context.new_page()


@pytest.fixture
def errors(page: Page) -> list[str]:
    """What the console and the page complain about; a 402 is how a decline comes."""
    found: list[str] = []
    page.on("pageerror", lambda error: found.append(str(error)))
    page.on("console", lambda line: found.append(line.text) if line.type in ("error", "warning") else None)
    return found


def open_form(page: Page, shop: Shop) -> None:
    page.goto(f"{shop.url}/pay")
    page.wait_for_selector("body[data-ready]")


def fill(page: Page, number: str) -> None:
    card = page.frame_locator('iframe[title="Secure payment input frame"]')
    card.get_by_label("Card number").fill(number)
    card.get_by_label("Expiration date").fill("1234")
    card.get_by_label("Security code").fill("123")
    expect(page.locator("body")).to_have_attribute("data-complete", "true")
    page.get_by_role("button", name="Pay").click()


def wait_for_return(page: Page, shop: Shop) -> dict[str, str]:
    page.wait_for_url(f"{shop.url}/return?**")
    return dict(parse_qsl(urlsplit(page.url).query))


def violations(frame: Frame | Page) -> list[str]:
    frame.evaluate(AXE)
    report = frame.evaluate(f"axe.run({{runOnly: {RULES}}})")
    return [f"{each['id']}: {each['nodes'][0]['html']}" for each in report["violations"]]


def test_a_declined_card_then_a_good_one_pay_the_same_intent(page, shop, errors):
    open_form(page, shop)
    fill(page, "4000000000000002")
    expect(page.locator("#message")).to_have_text("card_declined generic_decline: Your card was declined.")
    assert shop.status() == "requires_payment_method"
    assert [line for line in errors if "402" not in line] == []

    fill(page, "4242424242424242")

    assert wait_for_return(page, shop)["redirect_status"] == "succeeded"
    assert shop.status() == "succeeded"
    assert len(shop.intents) == 1


@pytest.mark.parametrize(("button", "outcome"), [("Complete", "succeeded"), ("Fail", "failed")])
def test_3d_secure_leaves_and_returns(page, shop, errors, button, outcome):
    open_form(page, shop)
    fill(page, "4000002500003155")
    expect(page.get_by_role("heading", level=1)).to_have_text("Is it you who is paying?")
    assert violations(page) == []

    page.get_by_role("button", name=button).click()

    query = wait_for_return(page, shop)
    assert (query["order"], query["redirect_status"]) == ("7", outcome)
    assert query["payment_intent"] == shop.intents[0]
    assert errors == []


def test_an_intent_confirmed_by_the_server_is_authenticated_from_the_page(page, shop, client):
    intent = client.v1.payment_intents.create(
        {
            "amount": 1999,
            "currency": "usd",
            "confirm": True,
            "payment_method": "pm_card_authenticationRequired",
            "automatic_payment_methods": {"enabled": True, "allow_redirects": "never"},
        }
    )
    assert intent.next_action.type == "use_stripe_sdk"
    open_form(page, shop)
    page.evaluate(
        "secret => { Stripe('pk_test_shop').handleNextAction({ clientSecret: secret }) }", intent.client_secret
    )
    page.get_by_role("button", name="Complete").click()
    page.wait_for_url(f"{shop.url}/pay?**redirect_status=succeeded")
    page.wait_for_selector("body[data-ready]")
    seen = page.evaluate("secret => Stripe('pk_test_shop').retrievePaymentIntent(secret)", intent.client_secret)
    assert seen["paymentIntent"]["status"] == "succeeded"


WRONG_USE = {
    "Stripe('sk_test_shop')": "should not use your secret key",
    "Stripe('pk_live_shop')": "publishable test keys only",
    "Stripe('pk_test_x').elements({ mode: 'payment', amount: 1.5, currency: 'usd' })": "positive integer",
    "Stripe('pk_test_x').elements({ mode: 'payment', amount: 5, currency: 'USD' })": "lowercase",
    "Stripe('pk_test_x').elements({ paymentMethodTypes: ['card'] })": "no longer supported",
    "Stripe('pk_test_x').confirmPayment({})": "elements instance",
    "Stripe('pk_test_x').retrievePaymentIntent('pi_1')": "Invalid value for clientSecret",
}


def test_wrong_use_is_an_integration_error(page, shop):
    page.goto(f"{shop.url}/pay")
    for code, message in WRONG_USE.items():
        error = page.evaluate(f"(async () => {{ try {{ await {code} }} catch (error) {{ return `${{error}}` }} }})()")
        assert error.startswith("IntegrationError")
        assert message in error


def test_an_unfinished_card_is_explained_in_the_form(page, shop, errors):
    shop.locale = "id"
    open_form(page, shop)
    page.get_by_role("button", name="Pay").click()

    expect(page.locator("#message")).to_have_text("incomplete_number")
    number = page.frames[1].get_by_label("Nomor kartu")
    expect(number).to_be_focused()
    expect(number).to_have_accessible_description("Nomor kartu Anda belum lengkap.")
    assert (shop.intents, errors) == ([], [])


@pytest.mark.parametrize(("scheme", "look"), [("light", LIGHT), ("dark", DARK)])
def test_the_form_is_accessible_and_as_tall_as_its_content(page, shop, scheme, look):
    shop.look = look
    page.emulate_media(color_scheme=scheme)
    open_form(page, shop)
    page.get_by_role("button", name="Pay").click()
    expect(page.locator("#message")).not_to_be_empty()

    frame = page.frames[1]
    assert violations(frame) == []
    assert frame.evaluate("document.documentElement.scrollHeight") <= page.locator("iframe").bounding_box()["height"]
    assert frame.evaluate("getComputedStyle(document.documentElement).colorScheme") == scheme
