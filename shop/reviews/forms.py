"""What a review asks, and what staff may do with one."""

from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext_lazy

from shop.reviews.models import STARS, Review
from shop.reviews.operations import PHOTOS, Words
from shop.reviews.photos import PhotoRefused, develop

LONGEST = 4000


class ManyFiles(forms.ClearableFileInput):
    allow_multiple_selected = True


class PhotosField(forms.FileField):
    """Several photographs, each developed: `cleaned` is a list of ContentFile."""

    def clean(self, data: Any, initial: Any = None) -> list[Any]:
        files = [super(PhotosField, self).clean(file, initial) for file in data or [] if file]
        if len(files) > PHOTOS:
            raise ValidationError(
                ngettext_lazy("Send at most %(n)s picture.", "Send at most %(n)s pictures.", PHOTOS) % {"n": PHOTOS}
            )
        try:
            return [develop(file, size=file.size) for file in files]
        except PhotoRefused as refusal:
            raise ValidationError(refusal.message) from None


class ReviewForm(forms.Form):
    """`trap` is a field that people do not see and programs fill in."""

    stars = forms.TypedChoiceField(
        label=_("How many stars?"),
        coerce=int,
        choices=[(stars, ngettext_lazy("%(n)s star", "%(n)s stars", stars) % {"n": stars}) for stars in STARS],
        widget=forms.RadioSelect,
        error_messages={"required": _("Choose how many stars you give."), "invalid_choice": _("Choose 1 to 5 stars.")},
    )
    title = forms.CharField(label=_("In one line (optional)"), max_length=120, required=False)
    text = forms.CharField(
        label=_("What should others know? (optional)"),
        max_length=LONGEST,
        required=False,
        widget=forms.Textarea(attrs={"rows": 6}),
        help_text=_("What is good, what is not, how you use it. Links are read by us before they are shown."),
    )
    name = forms.CharField(
        label=_("Your name, as others shall see it"),
        max_length=80,
        error_messages={"required": _("Enter a name. Initials will do.")},
    )
    photos = PhotosField(
        label=_("Pictures (optional)"),
        required=False,
        widget=ManyFiles(attrs={"accept": "image/jpeg,image/png,image/webp"}),
        help_text=_("Up to three. We look at them before they are shown, and where they were taken is removed."),
    )
    drop_photos = forms.MultipleChoiceField(
        label=_("Take away"), required=False, widget=forms.CheckboxSelectMultiple, choices=[]
    )
    trap = forms.CharField(required=False)

    def __init__(self, *args: Any, review: Review | None = None, name: str = "", **kwargs: Any) -> None:
        kept_as = {field: getattr(review, field) for field in ("stars", "title", "text", "name")} if review else {}
        super().__init__(*args, **{"initial": kept_as or {"name": name}, **kwargs})
        for field in ("title", "text", "name", "photos"):
            self.fields[field].widget.attrs["class"] = "input"
        self.fields["name"].widget.attrs["autocomplete"] = "nickname"
        kept = list(review.photos.all()) if review else []
        self.fields["drop_photos"].choices = [  # type: ignore[attr-defined]
            (photo.pk, _("Picture %(n)s") % {"n": n}) for n, photo in enumerate(kept, 1)
        ]
        if not kept:
            del self.fields["drop_photos"]

    @property
    def is_trapped(self) -> bool:
        return bool(self.cleaned_data.get("trap"))

    def words(self) -> Words:
        data = self.cleaned_data
        return Words(
            stars=data["stars"],
            title=data["title"],
            text=data["text"],
            name=data["name"],
            photos=data["photos"] or (),
            drop_photos=[int(pk) for pk in data.get("drop_photos", ())],
        )


def shown_name(full: str) -> str:
    """What a name field begins with: "Alice H." for Alice Hartono."""
    first, _space, rest = full.strip().partition(" ")
    return f"{first} {rest.strip()[0]}." if rest.strip() else first


class ReplyForm(forms.Form):
    text = forms.CharField(
        label=_("Reply"),
        required=False,
        max_length=2000,
        widget=forms.Textarea(attrs={"rows": 5}),
        help_text=_("Everybody reads it below the review. Empty: it is taken away."),
    )
    name = forms.CharField(label=_("Signed"), max_length=80, help_text=_("Such as: Laras, Etalase"))
