"""Every component in every state, with samples made up here: /styleguide/, development only.

Photographs come from the library when the demo shop is loaded; without them the empty window of `photo` shows.
"""

from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from django import forms
from django.core.paginator import Paginator
from django.db.models import F
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from shop.access import access
from shop.catalogue.models import Picture
from shop.money import Money
from shop.storefront import facets


def usd(amount: str) -> Money:
    return Money(Decimal(amount), "USD")


def idr(amount: str) -> Money:
    return Money(Decimal(amount), "IDR")


@dataclass
class Price:
    now: Money
    was: Money | None = None
    is_from: bool = False


@dataclass
class Colour:
    slug: str
    name: str


@dataclass
class Choice:
    """A variant of quick add, or a choice of the swatches."""

    label: str
    colour: str = ""
    sku: str = "SAMPLE"
    value: str = ""
    note: str = ""
    available: bool = True
    checked: bool = False


@dataclass
class Card:
    title: str
    price: Price
    image: Picture | None
    hover_image: Picture | None = None
    url: str = "#card"
    colours: list[Colour] = field(default_factory=list)
    badge: str = ""
    stock_note: str = ""
    rating: Decimal | None = None
    rating_count: int = 0
    quick: list[Choice] = field(default_factory=list)
    sku: str = ""
    product_id: int = 0


@dataclass
class Line:
    id: int
    title: str
    options: str
    image: Picture | None
    quantity: int
    unit_price: Money
    total: Money
    was: Money | None = None
    notice: str = ""
    url: str = "#line"
    max: int = 9


@dataclass
class Totals:
    subtotal: Money
    total: Money
    discount: Money | None = None
    discount_label: str = ""
    shipping: Money | None = None
    shipping_label: str = ""
    tax: Money | None = None
    tax_label: str = ""
    tax_included: bool = False
    free_delivery_gap: Money | None = None


@dataclass
class Thing:
    """Whatever else has a title: a caption, a room, a step, an event, a link."""

    title: str
    url: str = ""
    note: str = ""
    text: str = ""
    state: str = ""
    icon: str = ""
    label: str = ""
    value: str = ""
    name: str = ""
    current: bool = False
    chosen: bool = False
    checked: bool = False
    count: int = 0
    colour: str = ""
    x: int = 0
    y: int = 0
    price: Price | None = None
    image: Picture | None = None
    eyebrow: str = ""
    summary: str = ""
    caption: str = ""


class SampleForm(forms.Form):
    city = forms.CharField(label="City", widget=forms.TextInput({"autocomplete": "off"}))
    phone = forms.CharField(
        label="Phone, if you like", required=False, help_text="Only the courier sees it, and only on the day."
    )
    postcode = forms.CharField(
        label="ZIP code", error_messages={"required": "Enter a ZIP code of five digits, such as 97205"}
    )
    country = forms.ChoiceField(
        label="Country", choices=[("US", "United States"), ("ID", "Indonesia"), ("NL", "Netherlands")]
    )
    note = forms.CharField(label="Note to the packer", required=False, widget=forms.Textarea({"rows": 3}))
    letter = forms.ChoiceField(
        label="How shall we write?", choices=[("mail", "By e-mail"), ("post", "By post")], widget=forms.RadioSelect
    )
    same = forms.BooleanField(label="The bill goes to the same address", required=False)


SAND, INDIGO, MOSS, SAGE = (Colour(name, name.title()) for name in ("sand", "indigo", "moss", "sage"))
TONES = ["paper", "surface", "surface-deep", "line", "line-strong", "ink-soft", "ink"]
TONES += ["accent", "accent-wash", "sale", "danger", "good"]
ADDRESS = "418 Alder Street, Portland, OR 97205"


def photographs() -> tuple[list[Picture | None], Picture | None]:
    """Six portraits and a scene of the library; None where there are too few."""
    portraits: list[Picture | None] = list(Picture.objects.filter(height__gt=F("width")).order_by("pk")[:6])
    scene = Picture.objects.filter(width__gt=F("height")).order_by("pk").first()
    return portraits + [None] * (6 - len(portraits)), scene


def cards(pictures: list[Picture | None]) -> list[Card]:
    one, two, three, four = pictures[:4]
    picks = [
        Choice("Sand", "sand"),
        Choice("Indigo", "indigo", sku="SAMPLE-2"),
        Choice("Moss", "moss", available=False),
    ]
    return [
        Card(
            "Tide Mug",
            Price(usd("24"), is_from=True),
            one,
            two,
            colours=[SAND, INDIGO, MOSS],
            rating=Decimal("4.7"),
            rating_count=126,
            quick=picks,
        ),
        Card(
            "Linen Napkins, set of four",
            Price(usd("34"), was=usd("42")),
            two,
            one,
            badge="19% off",
            colours=[SAGE, SAND],
            sku="SAMPLE",
        ),
        Card("Senja Table Lamp", Price(usd("140")), three, badge="New", stock_note="3 left", sku="SAMPLE"),
        Card("Sambal Trio", Price(idr("390000")), four, badge="Sold out", stock_note="Back in January"),
    ]


def lines(pictures: list[Picture | None]) -> list[Line]:
    return [
        Line(1, "Tide Mug", "Indigo, 350 ml", pictures[0], 2, usd("24"), usd("48")),
        Line(2, "Linen Napkins, set of four", "Sage", pictures[1], 1, usd("34"), usd("34"), was=usd("42")),
        Line(
            3,
            "Gayo Coffee Beans, 250 g",
            "Whole bean",
            None,
            4,
            usd("18"),
            usd("72"),
            notice="There are four left; we changed the number from six.",
            max=4,
        ),
    ]


def totals() -> dict[str, Totals]:
    return {
        "usd": Totals(
            usd("154"),
            usd("152.46"),
            discount=usd("15.40"),
            discount_label="Sunday breakfast, 10% off",
            shipping=usd("0"),
            shipping_label="Standard",
            tax=usd("13.86"),
            tax_label="Sales tax",
            free_delivery_gap=usd("0"),
        ),
        "idr": Totals(
            idr("340000"),
            idr("360000"),
            shipping=idr("20000"),
            shipping_label="JNE",
            tax=idr("35676"),
            tax_label="PPN 11%",
            tax_included=True,
            free_delivery_gap=idr("160000"),
        ),
    }


def words() -> dict[str, Any]:
    """Samples that are only words."""
    return {
        "trail": [Thing("Home", "#"), Thing("Ceramics", "#"), Thing("Cups and mugs", "#"), Thing("Tide Mug")],
        "steps": [
            Thing("Contact", "#"),
            Thing("Address", "#"),
            Thing("Delivery", current=True),
            Thing("Payment"),
        ],
        "answers": [
            Thing("Contact", "#", text="alice@example.com"),
            Thing("Send to", "#", text=ADDRESS),
        ],
        "events": [
            Thing("Packed in Yogyakarta", note="Tuesday 24 November", state="done"),
            Thing("With the courier", "#", note="JNE, number 0142 2210 9", state="now"),
            Thing("At your door", note="Between 26 and 28 November"),
        ],
        "facts": [
            Thing("", icon="check", text="Six in stock in indigo", note="The next firing is on 12 January."),
            Thing("", icon="parcel", text="With you between 1 and 4 December", note="Delivery $5, free over $50."),
            Thing("", icon="return", text="30 days to send it back"),
        ],
        "specs": [
            Thing("", name="Material", value="Stoneware, lead-free glaze"),
            Thing("", name="Holds", value="350 ml"),
        ],
        "promises": [
            Thing("Packed by hand", text="Every parcel leaves Yogyakarta in paper and straw, no plastic."),
            Thing("Thirty days", text="Use it, live with it, and send it back if it does not belong."),
            Thing("Mended, not binned", text="Write to us with a photograph and the workshop will mend it."),
        ],
        "sorts": [Thing("", label="Our order", value="", chosen=True), Thing("", label="Newest", value="new")],
        "chips": [Thing("", "#", label="Java"), Thing("", "#", label="Up to $400")],
        "colours": [
            Choice("Sand", "sand", value="sand"),
            Choice("Indigo", "indigo", value="indigo", checked=True),
            Choice("Moss", "moss", value="moss", available=False, note="back 12 Jan"),
            Choice("Clay", "clay", value="clay", available=False),
        ],
        "sizes": [
            Choice("Cup, 240 ml", value="240"),
            Choice("Mug, 350 ml", value="350", checked=True),
        ],
        "facet": facets.Facet(
            "material",
            "Material",
            [
                facets.Choice("stoneware", "Stoneware", 17, checked=True),
                facets.Choice("indigo", "Indigo", 12, checked=False, colour="indigo", code=1),
            ],
        ),
        "account": [Thing("Orders", "#", current=True), Thing("Addresses", "#"), Thing("Privacy", "#")],
        "tones": TONES,
        "gone": ["Ombak Vase", "Lontar Shelf"],
    }


def pictured(pictures: list[Picture | None], scene: Picture | None) -> dict[str, Any]:
    """Samples with photographs."""
    story = Thing(
        "Two bags on the counter, and a cup that tells them apart",
        "#",
        image=scene,
        eyebrow="Story, 6 minutes",
        summary="Gayo is cedar and dark chocolate; Kintamani is orange peel.",
    )
    things = [
        Thing("Dapur Dinner Plate", "#", note="sand", price=Price(usd("32")), x=56, y=70),
        Thing("Pasar Bowl", "#", note="indigo", price=Price(usd("28")), x=48, y=56),
        Thing("Linen Napkins", "#", note="sage", price=Price(usd("34"), was=usd("42")), x=20, y=86),
    ]
    rooms = [
        Thing(name, "#", count=count, image=picture)
        for (name, count), picture in zip(
            [("Ceramics", 21), ("Textiles", 18), ("Lighting", 9), ("Furniture", 10), ("Pantry", 9), ("Paper", 7)],
            pictures,
            strict=True,
        )
    ]
    found = [picture for picture in pictures if picture]
    wall = [
        Thing("", image=picture, caption=words)
        for picture, words in zip(found, ["Wax on cotton.", "", ""], strict=False)
    ]
    things.append(Thing("Ombak Vase", note="terracotta, no longer for sale", x=36, y=46))
    return {"story": story, "things": things, "rooms": rooms, "gallery": found, "scene": scene, "wall": wall}


@access("public")
def styleguide(request: HttpRequest) -> HttpResponse:
    """The page of all components. Hang it up only where `settings.DEV_TOOLS` is true."""
    pictures, scene = photographs()
    wrong = {"city": "Portland", "country": "US", "letter": "mail", "same": "on"}
    context = {
        "cards": cards(pictures),
        "lines": lines(pictures),
        "totals": totals(),
        "form": SampleForm(initial={"city": "Portland"}, auto_id="calm_%s"),
        "wrong_form": SampleForm(wrong, auto_id="wrong_%s"),
        "page_of_three": Paginator(range(61), 24).page(2),
        **words(),
        **pictured(pictures, scene),
    }
    return render(request, "home/styleguide.html", context)
