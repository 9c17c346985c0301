"""What the shop says about itself on every page: its name and whereabouts, header and footer, and the line on top."""

from typing import Any

from django.core.exceptions import ValidationError
from django.core.validators import RegexValidator
from django.db import models
from django.db.models import F, Q
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _
from wagtail import blocks
from wagtail.admin.panels import FieldPanel, FieldRowPanel, MultiFieldPanel
from wagtail.contrib.settings.models import BaseSiteSetting, register_setting
from wagtail.fields import StreamField
from wagtail.models import PreviewableMixin, Site, TranslatableMixin

from home.blocks import FooterColumnBlock, LinkBlock

ADDRESS = r"^(/(?!/)|https?://|mailto:|tel:)"  # never javascript:, and never //elsewhere


@register_setting(icon="home", order=100)
class SiteSettings(BaseSiteSetting):
    """The shop's name, and how it is reached."""

    name = models.CharField(max_length=60, default="Etalase")
    email = models.EmailField(blank=True)
    phone = models.CharField(
        max_length=40, blank=True, help_text=_("As one dials it from abroad, such as +62 274 555 0130.")
    )
    address = models.TextField(blank=True, help_text=_("One line each."))
    opening_hours = models.CharField(max_length=120, blank=True)
    tax_number = models.CharField(
        max_length=60,
        blank=True,
        help_text=_("As invoices have to name it, such as VAT DE123456789 or NPWP 01.234.567.8."),
    )
    social = StreamField([("link", LinkBlock())], blank=True, max_num=8)

    panels = [
        FieldPanel("name"),
        MultiFieldPanel(
            [FieldRowPanel([FieldPanel("email"), FieldPanel("phone")]), "address", "opening_hours"],
            heading=_("How to reach us"),
        ),
        FieldPanel("tax_number"),
        FieldPanel("social", heading=_("Elsewhere"), help_text=_("Our pages at other places, for the footer.")),
    ]

    class Meta:
        verbose_name = _("shop settings")

    def __str__(self) -> str:
        return self.name

    @classmethod
    def of(cls, request: HttpRequest | None) -> "SiteSettings":
        """What is set for the request's site, or the defaults; read once a request and never written, unlike Wagtail's."""
        from home.frame import Frame

        return Frame.of(request).house

    @property
    def address_lines(self) -> list[str]:
        return self.address.splitlines()

    @property
    def dialled(self) -> str:
        """The phone number as `tel:` has it."""
        return "".join(char for char in self.phone if char.isdigit() or char == "+")

    @property
    def elsewhere(self) -> list[dict[str, str]]:
        """Our pages at other places: `.title .url`."""
        links = [block.value for block in self.social]
        return [{"title": link.title or link.url, "url": link.url} for link in links if link.url]


def default_site() -> int | None:
    return Site.objects.filter(is_default_site=True).values_list("pk", flat=True).first()


class MenuLinkBlock(LinkBlock):
    at_end = blocks.BooleanBlock(required=False, label=_("Stands apart, at the end"))

    class Meta:
        icon = "link"
        label_format = "{text} {page}"


class Menu(TranslatableMixin, models.Model):
    """Header and footer in one language."""

    site = models.ForeignKey(Site, models.CASCADE, related_name="menus", default=default_site)
    header = StreamField(
        [("link", MenuLinkBlock())],
        blank=True,
        max_num=12,
        help_text=_("Empty: the shop, its categories and whatever else the tree of pages shows in menus."),
    )
    footer = StreamField([("column", FooterColumnBlock())], blank=True, max_num=4)
    tagline = models.CharField(max_length=120, blank=True, help_text=_("Beside the columns of the footer."))
    notice = models.CharField(max_length=200, blank=True, help_text=_("One line at the very end of every page."))
    privacy_page = models.ForeignKey(
        "wagtailcore.Page",
        models.SET_NULL,
        null=True,
        blank=True,
        related_name="+",
        help_text=_("What you keep about people and why: linked wherever somebody is asked for an e-mail address."),
    )

    panels = [
        FieldPanel("site"),
        FieldPanel("header", heading=_("Links of the header")),
        FieldPanel("footer", heading=_("Columns of the footer")),
        FieldPanel("tagline"),
        FieldPanel("notice"),
        FieldPanel("privacy_page", heading=_("Page about privacy")),
    ]

    class Meta(TranslatableMixin.Meta):
        verbose_name = _("header and footer")
        verbose_name_plural = _("headers and footers")
        constraints = [models.UniqueConstraint(fields=["site", "locale"], name="menu_per_language")]

    def __str__(self) -> str:
        return f"{self._meta.verbose_name}, {self.locale}"

    def validate_constraints(self, exclude: Any = None) -> None:
        """Django leaves a constraint alone when a field of it is not in the form, as the language is not."""
        super().validate_constraints(exclude=exclude)
        if Menu.objects.filter(site=self.site_id, locale=self.locale_id).exclude(pk=self.pk).exists():
            raise ValidationError({"site": _("This language already has a header and footer.")})


class Announcement(PreviewableMixin, TranslatableMixin, models.Model):
    """One line above the header, in one language, for a time. Of several at once the one that began last is shown."""

    site = models.ForeignKey(Site, models.CASCADE, related_name="announcements", default=default_site)
    text = models.CharField(max_length=160)
    page = models.ForeignKey(
        "wagtailcore.Page", models.SET_NULL, null=True, blank=True, related_name="+", help_text=_("Where it leads.")
    )
    address = models.CharField(
        max_length=300,
        blank=True,
        validators=[RegexValidator(ADDRESS, _("Begin with / for our own pages, or with https://."))],
        help_text=_("Instead of a page: /shop/?on_sale=1 or https://..."),
    )
    starts_at = models.DateTimeField(null=True, blank=True, help_text=_("Empty: at once."))
    ends_at = models.DateTimeField(null=True, blank=True, help_text=_("Empty: until somebody ends it."))

    panels = [
        FieldPanel("site"),
        FieldPanel("text"),
        MultiFieldPanel([FieldPanel("page"), FieldPanel("address")], heading=_("Link")),
        FieldRowPanel([FieldPanel("starts_at"), FieldPanel("ends_at")], heading=_("Shown")),
    ]

    class Meta(TranslatableMixin.Meta):
        verbose_name = _("announcement")
        verbose_name_plural = _("announcements")
        ordering = ["-starts_at", "-pk"]
        constraints = [
            models.CheckConstraint(
                condition=Q(starts_at__isnull=True) | Q(ends_at__isnull=True) | Q(ends_at__gt=F("starts_at")),
                name="announcement_ends_after_it_starts",
                violation_error_message=_("It must end after it starts."),
            )
        ]

    def __str__(self) -> str:
        return self.text

    def clean(self) -> None:
        super().clean()
        if self.page_id and self.address:
            raise ValidationError({"address": _("Choose a page or type an address, not both.")})

    @property
    def link(self) -> str:
        return (self.page.url or "") if self.page else self.address

    def get_preview_template(self, request: HttpRequest, mode_name: str) -> str:
        return "home/announcement_preview.html"
