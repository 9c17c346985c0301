import pytest
from django.core.exceptions import ImproperlyConfigured
from django.http import HttpResponse
from django.test import Client, override_settings
from django.urls import path
from django.views.generic import TemplateView, View
from wagtail.admin.views import generic

from shop.access import access
from shop.orders.models import Order
from tests.security.addresses import complaints, walk


def open_door(request):
    return HttpResponse("come in")


class Declared(View):
    def get(self, request):
        return HttpResponse("come in")


class Careful(generic.IndexView):
    model = Order
    any_permission_required = ("view",)


class Careless(generic.IndexView):
    model = Order
    any_permission_required = ()


class NamelessPermission(generic.IndexView):
    any_permission_required = ("view",)


urlpatterns = [
    path("undeclared/", open_door),
    path("declared/", access("public")(open_door)),
    path("class/", access("public")(Declared.as_view())),
]


def test_every_view_declares_who_may_call_it():
    shadowed = ("_util/login/: django.contrib.auth",)  # Wagtail's own door; ours comes first, see test_login
    assert [complaint for complaint in complaints() if not complaint.startswith(shadowed)] == []
    assert len(list(walk())) > 200


def test_the_walk_catches_an_undeclared_view():
    [complaint] = complaints(urlpatterns)
    assert complaint.startswith("undeclared/: tests.security.test_access.open_door")
    assert "@access" in complaint


def test_the_walk_catches_a_bare_view_of_django_itself():
    assert complaints([path("about/", TemplateView.as_view(template_name="about.html"))])


def test_an_admin_view_may_ask_wagtails_permissions_instead():
    assert complaints([path("admin/orders/", Careful.as_view())]) == []


@pytest.mark.parametrize("view", [Careless, NamelessPermission])
def test_an_admin_view_that_asks_for_nothing_is_caught(view):
    assert complaints([path("admin/orders/", view.as_view())])


def test_wagtails_permissions_count_below_admin_only():
    assert complaints([path("orders/", Careful.as_view())])


@pytest.mark.django_db
@override_settings(ROOT_URLCONF="tests.security.test_access")
def test_an_undeclared_view_is_never_called():
    with pytest.raises(ImproperlyConfigured, match="does not say who may call it"):
        Client().get("/undeclared/")
    assert Client(raise_request_exception=False).get("/undeclared/").status_code == 500


@pytest.mark.django_db
@override_settings(ROOT_URLCONF="tests.security.test_access")
@pytest.mark.parametrize("address", ["/declared/", "/class/"])
def test_a_declared_view_is_called(address):
    assert Client().get(address).content == b"come in"


@pytest.mark.parametrize("address", ["/django-admin/", "/django-admin/login/"])
@pytest.mark.django_db
def test_there_is_no_second_admin(client, address):
    assert client.get(address).status_code == 404
