"""The step of addresses: where it goes, or who fetches it; one that is kept in the account; another one for the bill."""

from typing import Any

from django.conf import settings
from django.http import HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _

from shop.cart.pricing import weight_of
from shop.cart.shoppers import country_of
from shop.checkout.addresses import AddressForm, BillingForm, CollectForm, KeptForm, ShippingForm
from shop.checkout.models import CheckoutDraft
from shop.checkout.typed import typed_before
from shop.checkout.views import Checkout, page_of, step
from shop.customers import operations as customers
from shop.customers.addresses import WRITTEN, country_name, lines_of
from shop.customers.models import PostalAddress, SavedAddress
from shop.delivery.pricing import DeliveryTerms, countries, methods_for, pickups
from shop.web import ShopRequest


@step("address")
def address(request: ShopRequest, checkout: Checkout) -> HttpResponse:
    """One address, two questions: where to send it, or who fetches it (`collect`), where there is a place for that."""
    places = pickups(checkout.cart.currency)
    if places and _collects(request, checkout.draft):
        return _collect(request, checkout, places)
    known = countries()
    form, is_sent = _form(request, checkout, known)
    if is_sent and form.is_valid() and _reaches(form, checkout):
        return _keep(request, checkout, form)
    extra = {"places": places, "saved": _saved(request, known), "nowhere": _nowhere(checkout)}
    return page_of(request, "address", checkout, form=form, **extra)


def _collects(request: ShopRequest, draft: CheckoutDraft) -> bool:
    told = request.POST.get("collect") if request.method == "POST" else request.GET.get("collect")
    return draft.collect if told is None and request.method != "POST" else told == "1"


def _form(request: ShopRequest, checkout: Checkout, known: list[str]) -> tuple[AddressForm, bool]:
    """The form, and whether it holds an answer: what was typed, or an address that was picked from the account's."""
    kind = KeptForm if request.user.is_authenticated else ShippingForm
    draft, home = checkout.draft, settings.HOME_COUNTRY[checkout.cart.currency]
    picked = _picked(request)
    data: dict[str, Any] = {**picked.address_values(), "other_bill": draft.other_bill} if picked else _typed(request)
    country = data.get("country") or draft.country or country_of(request) or home
    country = country if country in known else home
    if request.method == "POST" and "choose_country" not in request.POST:
        return kind(data, countries=known, country=country), True
    start = draft.address_values() | {"other_bill": draft.other_bill} if draft.address_done else _usual(request)
    country = data.get("country") or start.get("country") or country
    country = country if country in known else home
    return kind(initial={**start, **data, "country": country}, countries=known, country=country), False


def _typed(request: ShopRequest) -> dict[str, Any]:
    return request.POST.dict() if request.method == "POST" else typed_before(request, "address")


def _picked(request: ShopRequest) -> SavedAddress | None:
    number = request.POST.get("saved", "")
    if not request.user.is_authenticated or not number.isascii() or not number.isdigit() or len(number) > 18:
        return None
    return SavedAddress.objects.filter(user=request.user, pk=number).first()


def _usual(request: ShopRequest) -> dict[str, Any]:
    """What is filled in at first: the account's usual address, or its name."""
    if not request.user.is_authenticated:
        return {}
    usual = SavedAddress.objects.filter(user=request.user, is_usual=True).first()
    return dict(usual.address_values()) if usual else {"name": request.user.name}


def _saved(request: ShopRequest, known: list[str]) -> list[dict[str, Any]]:
    if not request.user.is_authenticated:
        return []
    mine = SavedAddress.objects.filter(user=request.user, country__in=known)
    return [{"pk": one.pk, "text": ", ".join(lines_of(one)), "is_usual": one.is_usual} for one in mine]


def _reaches(form: AddressForm, checkout: Checkout) -> bool:
    """Whether something goes there; else the form says so."""
    where, currency = form.address(), checkout.cart.currency
    grams = weight_of([line.item for line in checkout.bag.totals.lines])
    if methods_for(where["country"], currency, region=where["region"], grams=grams):
        return True
    facts = {"country": country_name(where["country"]), "kilos": f"{grams / 1000:.1f}"}
    if methods_for(where["country"], currency, region=where["region"]):
        words = _("Nothing that we have carries %(kilos)s kg to %(country)s. Please take fewer things.") % facts
    else:
        words = _("We know no way to send this to %(country)s. Please choose another country, or write to us.") % facts
    form.add_error("country", words)
    return False


def _nowhere(checkout: Checkout) -> str:
    """Why somebody is sent back here who has answered already: no way leads there any more."""
    draft = checkout.draft
    if not draft.knows_where or checkout.methods:
        return ""
    if draft.collect:
        return _("Orders cannot be collected just now. Where shall we send it?")
    words = _("We know no way to send this to %(country)s any more. Please choose another country, or write to us.")
    return words % {"country": country_name(draft.country)}


def _keep(request: ShopRequest, checkout: Checkout, form: AddressForm) -> HttpResponse:
    draft, values = checkout.draft, form.address()
    _write(draft, values)
    draft.address_done, draft.collect = True, False
    if form.cleaned_data.get("keep"):
        customers.keep_address(user=request.user, values=values)  # type: ignore[arg-type] # only an account's form asks
    return _go_on(draft, other_bill=form.cleaned_data["other_bill"])


def _collect(request: ShopRequest, checkout: Checkout, places: list[DeliveryTerms]) -> HttpResponse:
    draft = checkout.draft
    name = draft.name or getattr(request.user, "name", "")
    start = {"name": name, "phone": draft.phone, "other_bill": draft.other_bill}
    assert places[0].place is not None
    form = CollectForm(request.POST or None, initial=start, country=places[0].place.country)
    if form.is_valid():
        _write(draft, {key: form.cleaned_data[key] for key in ("name", "phone")})
        draft.collect = True
        return _go_on(draft, other_bill=form.cleaned_data["other_bill"])
    return page_of(request, "address", checkout, form=form, places=places, collect=True, nowhere=_nowhere(checkout))


def _write(draft: CheckoutDraft, values: dict[str, str]) -> None:
    for name, value in values.items():
        setattr(draft, name, value)


def _go_on(draft: CheckoutDraft, *, other_bill: bool) -> HttpResponse:
    draft.other_bill = other_bill
    draft.save()
    return redirect("checkout:billing" if other_bill and not draft.billing else "checkout:delivery")


@step("billing")
def billing(request: ShopRequest, checkout: Checkout) -> HttpResponse:
    """Where the bill goes, of whoever has said that it goes somewhere else."""
    draft, known = checkout.draft, sorted(WRITTEN)
    if not draft.other_bill:
        return redirect("checkout:address")
    start = {**(draft.billing or {"name": draft.name})}
    country = request.POST.get("country") or start.get("country") or draft.country
    country = country if country in known else settings.HOME_COUNTRY[checkout.cart.currency]
    if request.method == "POST" and "choose_country" not in request.POST:
        form = BillingForm(request.POST, countries=known, country=country)
        if form.is_valid():
            draft.billing = {name: form.address()[name] for name in PostalAddress.ADDRESS_FIELDS}
            draft.save()
            return redirect("checkout:delivery")
    else:
        form = BillingForm(
            initial={**start, **request.POST.dict(), "country": country}, countries=known, country=country
        )
    return page_of(request, "billing", checkout, form=form)
