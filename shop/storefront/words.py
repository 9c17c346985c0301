"""Blocks of words and pictures, with nothing in them to buy."""

from typing import Any
from urllib.parse import urlsplit

from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _
from wagtail import blocks
from wagtail.blocks.struct_block import StructBlockValidationError
from wagtail.documents.blocks import DocumentChooserBlock
from wagtail.images.blocks import ImageBlock

from shop.customers.wording import WORDINGS, Kind

RICH = ["bold", "italic", "link", "ol", "ul"]
VIDEOS = {"mp4": "video/mp4", "webm": "video/webm"}


class QuoteBlock(blocks.StructBlock):
    text = blocks.TextBlock()
    source = blocks.CharBlock(required=False)

    class Meta:
        icon = "openquote"
        template = "shop/storefront/blocks/_quote.html"
        label_format = "{text}"


class PictureBlock(blocks.StructBlock):
    image = ImageBlock()
    caption = blocks.CharBlock(required=False)

    class Meta:
        icon = "image"
        template = "shop/storefront/blocks/_picture.html"


class GalleryBlock(blocks.StructBlock):
    """Pictures side by side, upright, each around its focal point."""

    title = blocks.CharBlock(required=False, max_length=80)
    pictures = blocks.ListBlock(PictureBlock(), min_num=2, max_num=12)

    class Meta:
        icon = "copy"
        template = "shop/storefront/blocks/_gallery.html"
        label = _("Gallery")
        description = _("Two to twelve pictures side by side.")
        label_format = "{title}"


class SpecBlock(blocks.StructBlock):
    name = blocks.CharBlock()
    value = blocks.CharBlock()

    class Meta:
        icon = "list-ul"
        label_format = "{name}: {value}"


class QuestionBlock(blocks.StructBlock):
    question = blocks.CharBlock()
    answer = blocks.RichTextBlock(features=RICH)

    class Meta:
        icon = "help"
        label_format = "{question}"


class QuestionsBlock(blocks.StructBlock):
    title = blocks.CharBlock(required=False, max_length=80)
    questions = blocks.ListBlock(QuestionBlock(), min_num=1, max_num=20)

    class Meta:
        icon = "help"
        template = "shop/storefront/blocks/_questions.html"
        label = _("Questions and answers")
        description = _("Questions that open one by one; search engines read them too.")
        label_format = "{title}"


class VideoValue(blocks.StructValue):
    @property
    def kind(self) -> str:
        """The media type of our own file: "video/mp4"."""
        return VIDEOS.get(self["file"].file_extension.lower(), "") if self["file"] else ""

    @property
    def elsewhere(self) -> str:
        """Whose site the link leads to: "vimeo.com"."""
        return (urlsplit(self["link"]).hostname or "").removeprefix("www.")


class VideoBlock(blocks.StructBlock):
    """A film of our own, with captions, or a link to one elsewhere. Nothing is fetched from elsewhere by looking at it."""

    title = blocks.CharBlock(max_length=120, help_text=_("What is to be seen."))
    poster = ImageBlock(help_text=_("Stands in its place until it is played."))
    file = DocumentChooserBlock(required=False, help_text=_("An MP4 or WebM file."))
    captions = DocumentChooserBlock(required=False, help_text=_("What is said, as a WebVTT file."))
    language = blocks.CharBlock(default="en", max_length=10, help_text=_("Of the captions, such as en or id."))
    link = blocks.URLBlock(
        required=False, help_text=_("Instead of a file: where the film is. Readers go there; nothing is embedded.")
    )
    transcript = blocks.RichTextBlock(required=False, features=RICH)

    def clean(self, value: Any) -> Any:
        value = super().clean(value)
        wrong = {}
        if bool(value["file"]) == bool(value["link"]):
            wrong["file"] = ValidationError(_("Choose a file or give a link, one of the two."))
        elif value["file"] and not value.kind:
            wrong["file"] = ValidationError(_("Choose an MP4 or a WebM file."))
        if value["captions"] and value["captions"].file_extension.lower() != "vtt":
            wrong["captions"] = ValidationError(_("Captions are a WebVTT file: its name ends in .vtt."))
        if wrong:
            raise StructBlockValidationError(wrong)
        return value

    class Meta:
        icon = "media"
        template = "shop/storefront/blocks/_video.html"
        label = _("Video")
        description = _("A film of our own with captions, or a link to one elsewhere.")
        label_format = "{title}"
        value_class = VideoValue


class NewsletterBlock(blocks.StructBlock):
    """The form of the newsletter, with words of the page's own. What is said yes to stands in customers.wording."""

    title = blocks.CharBlock(max_length=80)
    text = blocks.TextBlock(required=False, help_text=_("Why somebody would like to have it."))

    def get_context(self, value: Any, parent_context: Any = None) -> dict[str, Any]:
        context: dict[str, Any] = super().get_context(value, parent_context=parent_context)
        return context | {"words": WORDINGS[Kind.NEWSLETTER].words}

    class Meta:
        icon = "mail"
        template = "shop/storefront/blocks/_newsletter.html"
        label = _("Newsletter")
        description = _("A few words, and the form by which one signs up for the newsletter.")
        label_format = "{title}"


def paragraph() -> blocks.RichTextBlock:
    return blocks.RichTextBlock(features=RICH, template="shop/storefront/blocks/_paragraph.html")


def heading() -> blocks.CharBlock:
    return blocks.CharBlock(template="shop/storefront/blocks/_heading.html", icon="title")
