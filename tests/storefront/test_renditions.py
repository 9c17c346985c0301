"""Pictures are made by jobs, so that no shopper waits for them."""

import re
from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone
from wagtail.models import ReferenceIndex

from config.environment import ImproperlyConfigured, picture_formats
from shop.catalogue.models import Picture, Rendition
from shop.catalogue.pictures import CONTENT_SPECS, PORTRAIT_SPECS, SCENE_SPECS, filters, show
from shop.demo.source import block, stream
from shop.outbox import operations as outbox
from shop.outbox.models import Job
from shop.storefront import renditions
from shop.storefront.pages import CategoryPage
from tests.factories import make_picture, make_product, make_product_page, make_staff

pytestmark = pytest.mark.django_db


def sizes_of(picture):
    return set(Rendition.objects.filter(image=picture).values_list("filter_spec", flat=True))


def run_jobs():
    assert outbox.relay(now=timezone.now() + timedelta(seconds=1)) > 0
    assert not Job.objects.filter(error__gt="").exists()


def test_publishing_asks_for_the_pictures_of_the_page():
    page = make_product_page(photos=1)
    page.save_revision().publish()
    asked = [job.payload["page_id"] for job in Job.objects.filter(task="storefront.make_renditions")]
    assert page.pk in asked


def test_a_visit_finds_them_all_made(client: Client):
    product = make_product()
    product.variants.update(image=make_picture("variant"))
    make_product_page(product, photos=2)
    run_jobs()
    made = Rendition.objects.count()
    assert client.get("/shop/ceramics/mug/?variant=MUG").status_code == 200
    assert client.get("/shop/").status_code == 200
    assert made > 0
    assert Rendition.objects.count() == made


def test_a_picture_that_is_broken_holds_up_no_other():
    page = make_product_page(photos=2)
    broken = page.photos.first().image
    broken.file.storage.delete(broken.file.name)
    assert renditions.make_renditions(page_id=page.pk) == 2
    assert sizes_of(page.photos.last().image) == set(filters(*PORTRAIT_SPECS))
    assert sizes_of(broken) == set()


def test_a_page_that_is_gone_needs_nothing():
    assert renditions.make_renditions(page_id=999_999) == 0
    assert renditions.make_sizes(picture_id=999_999) == 0


def test_an_upload_gets_the_sizes_of_its_shape():
    upright, wide = make_picture("upright"), make_picture("wide", size=(160, 90))
    run_jobs()
    assert sizes_of(upright) == set(filters(*PORTRAIT_SPECS))
    assert sizes_of(wide) == set(filters(*PORTRAIT_SPECS, *SCENE_SPECS))


def test_a_picture_in_a_block_is_made_for_words():
    picture = make_picture()
    page = make_product_page()
    page.story = stream([block("picture", {"image": {"image": picture.pk, "alt_text": "", "decorative": True}})])
    page.save_revision().publish()
    renditions.make_renditions(page_id=page.pk)
    assert set(filters(*CONTENT_SPECS)) <= sizes_of(picture)


def test_a_new_focal_point_makes_all_sizes_anew_that_pages_show():
    picture = make_picture(size=(40, 50))
    page = CategoryPage.objects.get(pk=make_product_page().get_parent().pk)
    page.story = stream([block("picture", {"image": {"image": picture.pk, "alt_text": "", "decorative": True}})])
    page.save_revision().publish()
    ReferenceIndex.create_or_update_for_object(page)
    run_jobs()
    before = sizes_of(picture)
    picture.focal_point_x, picture.focal_point_y = 10, 10
    picture.focal_point_width = picture.focal_point_height = 8
    picture.save()
    run_jobs()
    again = Rendition.objects.filter(image=picture).exclude(focal_point_key="")
    filled = {spec for spec in before if spec.startswith("fill")}
    assert {rendition.filter_spec for rendition in again} == filled
    assert set(filters(*CONTENT_SPECS, *PORTRAIT_SPECS)) <= before


def test_an_edit_in_the_library_asks_for_them(client: Client):
    picture = make_picture()
    Job.objects.all().delete()
    client.force_login(make_staff("Editor"))
    form = {"title": "Another", "collection": picture.collection_id, "description": "", "tags": ""}
    response = client.post(f"/admin/images/{picture.pk}/", form)
    assert response.status_code == 302
    assert Job.objects.get(task="storefront.make_sizes").payload == {"picture_id": picture.pk}
    picture = Picture.objects.get()
    picture.save(update_fields=["file_hash"])
    assert Job.objects.filter(task="storefront.make_sizes").count() == 1


@pytest.mark.parametrize(
    ("formats", "kinds"),
    [
        (["webp", "jpeg"], ["image/webp"]),
        (["avif", "webp", "jpeg"], ["image/avif", "image/webp"]),
        (["jpeg"], ["image/jpeg"]),
    ],
)
def test_the_setting_says_in_which_formats(settings, formats, kinds):
    settings.PICTURE_FORMATS = formats
    shown = show(make_picture(size=(600, 750)), "card")
    assert [kind for kind, _srcset in shown.sources] == kinds
    assert shown.src.endswith(".jpg")
    assert (shown.width, shown.height) == (600, 750)
    assert all(re.search(r"480w, .* 600w", srcset) for _kind, srcset in shown.sources)


def test_a_format_that_is_not_made_stops_the_start():
    assert picture_formats("avif, WEBP,jpeg") == ["avif", "webp", "jpeg"]
    with pytest.raises(ImproperlyConfigured):
        picture_formats("webp,bmp")
