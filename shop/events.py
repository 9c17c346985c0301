"""What Wagtail tells of that listings and memories follow: each event is a call of one operation."""

from typing import Any

from django.contrib.auth.models import Group
from django.db.models.signals import post_delete, post_save, pre_delete
from django.utils import timezone
from wagtail.models import Locale, PageViewRestriction, Site, get_page_models
from wagtail.signals import page_published, page_unpublished, post_page_move

from shop.catalogue.models import Picture
from shop.customers.models import User
from shop.outbox import changes
from shop.storefront import operations as storefront


def page_saved(instance: Any, update_fields: Any = None, **_signal: Any) -> None:
    storefront.note_page(page_id=instance.pk, now=timezone.now(), saved=update_fields)


def page_moved(instance: Any, **_signal: Any) -> None:
    storefront.note_page(page_id=instance.pk, now=timezone.now())


def page_goes(instance: Any, **_signal: Any) -> None:
    storefront.forget_page(page_id=instance.pk)


def restriction_changed(instance: Any, **_signal: Any) -> None:
    storefront.note_page(page_id=instance.page_id, now=timezone.now())


def picture_saved(instance: Any, **_signal: Any) -> None:
    storefront.note_picture(picture_id=instance.pk, now=timezone.now())


def words_changed(**_signal: Any) -> None:
    storefront.note_words()


WORDS = [  # what pages say beside their own words: about the house, and what is promised about delivery and returns
    *("home.SiteSettings", "home.Menu", "home.Announcement", "home.Author"),
    "wagtailsearchpromotions.SearchPromotion",
    *("shop.Zone", "shop.Method", "shop.MethodPrice", "shop.Place", "shop.DayOff", "shop.ReturnPolicy"),
]


# Rows that plain forms of the admin write, so that no operation records who changed what: see outbox.changes.
WATCHED = [
    *("shop.Category", "shop.Attribute", "shop.AttributeValue", "shop.Brand", "shop.Currency", "shop.TaxClass"),
    *("shop.Zone", "shop.Method", "shop.MethodPrice", "shop.Place", "shop.TaxRate", "shop.DayOff", "shop.ReturnPolicy"),
    *("shop.User", "auth.Group", "wagtailcore.GroupPagePermission", "wagtailcore.GroupCollectionPermission"),
    *("home.SiteSettings", "home.Menu", "home.Announcement", "home.Author", "shop_search.Synonym"),
]


def connect() -> None:
    """Listen. Page models are named one by one: a receiver for all models would slow down every delete in the shop."""
    for model in get_page_models():
        post_save.connect(page_saved, sender=model, dispatch_uid=f"shop.page_saved.{model.__name__}")
        pre_delete.connect(page_goes, sender=model, dispatch_uid=f"shop.page_goes.{model.__name__}")
    page_published.connect(page_moved, dispatch_uid="shop.page_published")
    page_unpublished.connect(page_moved, dispatch_uid="shop.page_unpublished")
    post_page_move.connect(page_moved, dispatch_uid="shop.page_moved")
    for signal in (post_save, post_delete):
        signal.connect(restriction_changed, sender=PageViewRestriction, dispatch_uid="shop.restriction")
        signal.connect(words_changed, sender=Site, dispatch_uid="shop.site")
        signal.connect(words_changed, sender=Locale, dispatch_uid="shop.locale")
    for name in WORDS:
        for signal in (post_save, post_delete):
            signal.connect(words_changed, sender=name, dispatch_uid=f"shop.words.{name}")
    post_save.connect(picture_saved, sender=Picture, dispatch_uid="shop.picture_saved")
    changes.connect(*WATCHED)
    changes.watch_relation(Group.permissions.through, "permissions")
    changes.watch_relation(User.groups.through, "groups")
