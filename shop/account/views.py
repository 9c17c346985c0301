"""What somebody keeps in their account: their addresses, and where they are signed in."""

from allauth.usersessions.internal.flows.sessions import end_sessions
from allauth.usersessions.models import UserSession
from django.conf import settings
from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from shop.access import access
from shop.checkout.addresses import AddressForm
from shop.customers import operations as customers
from shop.customers.addresses import lines_of
from shop.customers.models import SavedAddress, User
from shop.delivery.pricing import countries
from shop.web import ShopRequest


def _owner(request: ShopRequest) -> User:
    assert isinstance(request.user, User)
    return request.user


@require_safe
@never_cache
@access("owner")
def addresses(request: ShopRequest) -> HttpResponse:
    mine = SavedAddress.objects.filter(user=_owner(request))
    kept = [{"pk": one.pk, "lines": lines_of(one), "is_usual": one.is_usual} for one in mine]
    return render(request, "account/addresses.html", {"kept": kept})


@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
@access("owner")
def address(request: ShopRequest, pk: int | None = None) -> HttpResponse:
    """A new address, or a correction of one's own."""
    person, known = _owner(request), countries()
    kept = SavedAddress.objects.filter(user=person, pk=pk).first() if pk else None
    if pk and kept is None:
        raise Http404
    start = kept.address_values() if kept else {"name": person.name}
    home = settings.HOME_COUNTRY[settings.DEFAULT_CURRENCY]
    country = request.POST.get("country") or start.get("country") or home
    country = country if country in known else home
    if request.method == "POST" and "choose_country" not in request.POST:
        form = AddressForm(request.POST, countries=known, country=country)
        if form.is_valid():
            _keep(person, kept, form.address())
            messages.success(request, _("Your address is kept."))
            return redirect("account:addresses")
    else:
        typed = {**start, **request.POST.dict(), "country": country}
        form = AddressForm(initial=typed, countries=known, country=country)
    return render(request, "account/address.html", {"form": form, "kept": kept}, status=422 if form.errors else 200)


def _keep(person: User, kept: SavedAddress | None, values: dict[str, str]) -> None:
    if kept:
        customers.change_address(user=person, address_id=kept.pk, values=values)
    else:
        customers.keep_address(user=person, values=values)


@require_POST
@access("owner")
def make_usual(request: ShopRequest, pk: int) -> HttpResponse:
    customers.make_usual(user=_owner(request), address_id=pk)
    messages.success(request, _("This is your usual address now."))
    return redirect("account:addresses")


@require_POST
@access("owner")
def forget(request: ShopRequest, pk: int) -> HttpResponse:
    customers.forget_address(user=_owner(request), address_id=pk)
    messages.success(request, _("The address is out of your account."))
    return redirect("account:addresses")


@require_POST
@access("owner")
def end_session(request: ShopRequest, pk: int) -> HttpResponse:
    """Sign out in one other place. Twice is once, and somebody else's session is none of theirs."""
    sessions = list(UserSession.objects.filter(user=_owner(request), pk=pk))
    end_sessions(request, sessions)
    if sessions:
        messages.success(request, _("You are signed out there."))
    return redirect("usersessions_list")
