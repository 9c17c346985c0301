"""Pictures are made after publishing, so that no shopper waits for them."""

import pytest
from django.test import Client

from shop.catalogue.models import Rendition
from shop.outbox.models import Job
from shop.storefront import operations as storefront
from tests.factories import make_picture, make_product, make_product_page

pytestmark = pytest.mark.django_db


def test_publishing_asks_for_the_pictures_of_the_page():
    page = make_product_page(photos=1)
    assert Job.objects.get(task="storefront.make_renditions").payload == {"page_id": page.pk}


def test_a_visit_finds_them_all_made(client: Client):
    product = make_product()
    product.variants.update(image=make_picture("variant"))
    page = make_product_page(product, photos=2)
    assert storefront.make_renditions(page_id=page.pk) == 3
    made = Rendition.objects.count()
    assert client.get("/shop/ceramics/mug/?variant=MUG").status_code == 200
    assert client.get("/shop/").status_code == 200
    assert made > 0
    assert Rendition.objects.count() == made


def test_a_picture_that_is_broken_holds_up_no_other():
    page = make_product_page(photos=2)
    broken = page.photos.first().image
    broken.file.storage.delete(broken.file.name)
    assert storefront.make_renditions(page_id=page.pk) == 2
    assert Rendition.objects.filter(image=page.photos.last().image).exists()
    assert not Rendition.objects.filter(image=broken).exists()
