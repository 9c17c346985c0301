import pytest
from django.http import HttpResponse
from django.test import RequestFactory

from config.middleware import RequestId
from shop.customers import operations as customers
from shop.web import no_referrer

pytestmark = pytest.mark.django_db


@pytest.fixture
def owner(client):
    user = customers.open_account(email="owner@example.com", name="Dewi", role="Owner")
    client.force_login(user)
    return client


def policy(response) -> dict[str, set[str]]:
    parts = (part.split() for part in response["Content-Security-Policy"].split(";"))
    return {part[0]: set(part[1:]) for part in parts if part}


@pytest.mark.parametrize("address", ["/", "/account/login/", "/account/signup/", "/cart/", "/nowhere/"])
def test_the_storefront_runs_no_inline_code(client, address):
    directives = policy(client.get(address))
    assert directives["default-src"] == {"'none'"}
    assert directives["base-uri"] == {"'none'"}
    assert directives["frame-ancestors"] == {"'none'"}
    assert directives["form-action"] == {"'self'"}
    for name in ("script-src", "style-src"):
        assert directives[name] == {"'self'"}


def test_the_admin_allows_inline_code_of_its_own_and_nothing_from_elsewhere(owner):
    response = owner.get("/admin/")
    directives = policy(response)
    assert directives["script-src"] == directives["style-src"] == {"'self'", "'unsafe-inline'"}
    assert directives["img-src"] == {"'self'", "data:", "blob:"}
    assert directives["frame-src"] == directives["frame-ancestors"] == {"'self'"}
    assert response["X-Frame-Options"] == "SAMEORIGIN"
    assert directives["default-src"] == {"'none'"}


@pytest.mark.parametrize("address", ["/", "/account/login/", "/nowhere/"])
def test_headers_that_every_page_has(client, address):
    headers = client.get(address).headers
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["X-Frame-Options"] == "DENY"
    assert headers["Referrer-Policy"] == "same-origin"
    assert headers["Cross-Origin-Opener-Policy"] == "same-origin"
    assert "camera=()" in headers["Permissions-Policy"]
    assert "Server" not in headers


@pytest.mark.parametrize(
    "address", ["2fa/", "2fa/recovery-codes/", "sessions/", "email/", "password/change/", "login/"]
)
def test_nothing_of_an_account_is_kept_anywhere(owner, address):
    assert "no-store" in owner.get(f"/account/{address}").headers["Cache-Control"]


def test_a_forged_host_is_refused(client):
    client.raise_request_exception = False
    assert client.get("/account/login/", headers={"host": "evil.example"}).status_code == 400
    forged = {"login": "a@example.com", "password": "x"}
    assert client.post("/account/login/", forged, headers={"host": "evil.example"}).status_code == 400


def test_x_forwarded_host_is_not_believed(client):
    response = client.get("/account/login/", headers={"x-forwarded-host": "evil.example"})
    assert b"evil.example" not in response.content


def test_cookies_are_out_of_reach_of_scripts(client):
    customers.open_account(email="ani@example.com", name="Ani", password="a long enough one")
    client.get("/account/login/")
    client.post("/account/login/", {"login": "ani@example.com", "password": "a long enough one"})
    assert {"sessionid", "csrftoken"} <= client.cookies.keys()
    for cookie in client.cookies.values():
        assert cookie["httponly"], cookie.key
        assert cookie["samesite"] == "Lax", cookie.key


@pytest.mark.parametrize(
    ("given", "kept"),
    [("abc-DEF_12345678", True), ("short", False), ("x" * 65, False), ("a b<script>c", False), ("", False)],
)
def test_a_sane_request_id_is_kept_and_any_other_replaced(client, given, kept):
    answered = client.get("/livez", headers={"x-request-id": given})["X-Request-ID"]
    assert (answered == given) is kept
    assert RequestId.SANE.fullmatch(answered)


def test_a_secret_address_is_not_passed_on():
    @no_referrer
    def page(request):
        return HttpResponse("yours")

    headers = page(RequestFactory().get("/orders/ET-1/secret/")).headers
    assert headers["Referrer-Policy"] == "strict-origin"
    assert headers["X-Robots-Tag"] == "noindex"
    assert "no-store" in headers["Cache-Control"]
