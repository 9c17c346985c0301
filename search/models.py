"""What the search page knows besides the pages: words that mean the same, words that exist, words that were looked for."""

from typing import Any

from django.conf import settings
from django.contrib.postgres.indexes import GinIndex
from django.core.exceptions import ValidationError
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _
from wagtail.admin.panels import FieldPanel

from search.words import MAX_LENGTH, MAX_PHRASE, phrases

MAX_PHRASES = 20


def languages() -> list[tuple[str, Any]]:
    return list(settings.LANGUAGES)


def main_language() -> str:
    return settings.LANGUAGE_CODE


class Synonym(models.Model):
    """Words that mean the same to who searches; or, with `leads_to`, words that find something else as well."""

    language = models.CharField(_("language"), max_length=10, choices=languages, default=main_language)
    words = models.CharField(
        _("words"),
        max_length=500,
        help_text=_(
            "Words or short phrases, with commas between them. Each finds what the others find: mug, cup, beaker."
        ),
    )
    leads_to = models.CharField(
        _("leads to"),
        max_length=500,
        blank=True,
        help_text=_("Only for one direction: the words above find these as well, these do not find the words above."),
    )

    panels = [FieldPanel("language"), FieldPanel("words"), FieldPanel("leads_to")]

    class Meta:
        verbose_name = _("synonym")
        verbose_name_plural = _("synonyms")
        ordering = ["language", "words"]

    def __str__(self) -> str:
        return f"{self.words} → {self.leads_to}" if self.leads_to else self.words

    def clean(self) -> None:
        """At least two phrases, of at most three words each."""
        left, right = phrases(self.words), phrases(self.leads_to)
        problems: dict[str, Any] = {}
        if self.leads_to and not right:
            problems["leads_to"] = _("Write a word here, or leave it empty.")
        if not left:
            problems["words"] = _("Write at least one word.")
        elif not self.leads_to and len(left) < 2:
            problems["words"] = _("One word alone means nothing else. Add another, or say what it leads to.")
        for name, found in (("words", left), ("leads_to", right)):
            if len(found) > MAX_PHRASES:
                problems[name] = _("At most %(count)s words or phrases.") % {"count": MAX_PHRASES}
            elif any(len(phrase) > MAX_PHRASE for phrase in found):
                problems[name] = _("A phrase has at most three words.")
        if problems:
            raise ValidationError(problems)


class Word(models.Model):
    """A word that public pages use, to set right what is spelled nearly so. Without capitals and accents."""

    language = models.CharField(max_length=10)
    word = models.CharField(max_length=40)
    uses = models.PositiveIntegerField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["language", "word"], name="word_unique")]
        indexes = [GinIndex(fields=["word"], opclasses=["gin_trgm_ops"], name="word_trigrams")]

    def __str__(self) -> str:
        return self.word


class SearchDay(models.Model):
    """How often some words were looked for on a day. Who did it is not known and cannot be found out."""

    words = models.CharField(_("words"), max_length=MAX_LENGTH)
    language = models.CharField(_("language"), max_length=10)
    day = models.DateField(_("day"))
    searches = models.PositiveIntegerField(_("searches"), default=1)
    found = models.PositiveIntegerField(
        _("found"), help_text=_("How many things and stories there were, the last time.")
    )

    class Meta:
        verbose_name = _("search of a day")
        verbose_name_plural = _("searches by day")
        default_permissions = ("view",)
        constraints = [
            models.UniqueConstraint(fields=["day", "language", "words"], name="search_day_unique"),
            models.CheckConstraint(condition=Q(searches__gt=0), name="search_day_happened"),
        ]

    def __str__(self) -> str:
        return f"{self.words} ({self.language}, {self.day})"
