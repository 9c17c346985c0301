"""Requests that no browser of ours sends are refused before anything is looked up, and never end in a 500."""

import pytest
from django.test import RequestFactory

from config.middleware import RequestGuard, utf8_only
from config.wsgi import application

PAGES = ["/", "/account/login/", "/cart/", "/admin/", "/nowhere/", "/documents/1/"]


@pytest.fixture
def careful(client):
    """Answers with 500 instead of raising, as a server does."""
    client.raise_request_exception = False
    return client


@pytest.mark.django_db
@pytest.mark.parametrize("address", PAGES)
def test_nul_in_the_path_is_refused(careful, address):
    assert careful.get(f"{address}a%00b/").status_code == 400


@pytest.mark.django_db
@pytest.mark.parametrize("query", ["q=a%00b", "%00=1", "page=%00", "a=%2500&q=%00"])
@pytest.mark.parametrize("address", PAGES)
def test_nul_in_the_query_is_refused(careful, address, query):
    assert careful.get(f"{address}?{query}").status_code == 400


@pytest.mark.django_db
@pytest.mark.parametrize("fields", [{"login": "a\0b@example.com", "password": "x"}, {"na\0me": "x"}])
@pytest.mark.parametrize("form", ["urlencoded", "multipart"])
def test_nul_in_a_field_is_refused(careful, fields, form):
    if form == "multipart":
        response = careful.post("/account/login/", fields)
    else:
        body = "&".join(f"{name}={text}" for name, text in fields.items()).replace("\0", "%00")
        response = careful.post("/account/login/", body, content_type="application/x-www-form-urlencoded")
    assert response.status_code == 400


@pytest.mark.django_db
def test_an_innocent_field_is_not_refused(careful):
    response = careful.post("/account/login/", {"login": "ani@example.com", "password": "wrong 100%"})
    assert response.status_code == 200


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("address", "status"),
    [
        ("/?q=" + "x" * 5_000, 414),
        ("/" + "x" * 3_000 + "/", 414),
        ("/admin/?q=" + "x" * 20_000, 414),
        ("/account/login/?q=%ff%fe%ed%a0%80", 200),
    ],
)
def test_odd_addresses(careful, address, status):
    assert careful.get(address).status_code == status


@pytest.mark.parametrize(
    ("path", "length", "status"),
    [
        ("/cart/add/", "1000001", 413),
        ("/cart/add/", "9" * 5_000, 413),
        ("/cart/add/", "-1", 400),
        ("/cart/add/", "ten", 400),
        ("/cart/add/", "1000000", None),
        ("/cart/add/", "", None),
        ("/admin/images/add/", "12000000", None),
        ("/admin/images/add/", "30000001", 413),
    ],
)
def test_the_body_has_a_limit_that_is_higher_for_editors(path, length, status):
    request = RequestFactory().post(path)
    request.META["CONTENT_LENGTH"] = length
    response = RequestGuard(lambda request: None)(request)
    assert (response and response.status_code) == status


@pytest.mark.django_db
def test_a_refusal_touches_no_database(careful, django_assert_num_queries):
    with django_assert_num_queries(0):
        careful.get("/?q=%00")


@pytest.mark.django_db
def test_a_refusal_has_an_id_and_the_security_headers_that_matter(careful):
    response = careful.get("/?q=%00")
    assert response["X-Request-ID"]
    assert response["Content-Type"] == "text/plain; charset=utf-8"


@pytest.mark.django_db
@pytest.mark.parametrize("fields", [{f"f{n}": "1" for n in range(10_001)}, {"login": ["x"] * 10_001}])
def test_too_many_fields_are_refused(careful, fields):
    assert careful.post("/account/login/", fields).status_code == 400


@pytest.mark.parametrize(
    ("content_type", "status"),
    [
        ("application/x-www-form-urlencoded; charset=base64", "400 Bad Request"),
        ("text/html; charset=utf-16", "400 Bad Request"),
        ("application/json; charset=UTF-8", "200 OK"),
        ("multipart/form-data; boundary=x", "200 OK"),
        ("", "200 OK"),
    ],
)
def test_foreign_charsets_do_not_reach_django(content_type, status):
    answers = []
    application = utf8_only(lambda environ, start_response: start_response("200 OK", []))
    application({"CONTENT_TYPE": content_type}, lambda status, headers: answers.append(status))
    assert answers == [status]


def test_the_served_application_has_that_guard():
    assert application.__qualname__.startswith("utf8_only.")
