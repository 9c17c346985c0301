"""What staff may say about mails."""

from typing import Any

from django import forms
from django.utils.translation import gettext as _now
from django.utils.translation import gettext_lazy as _

from shop.outbox.kinds import Kind, unknown_words


class WordsForm(forms.Form):
    """The words of one kind of mail in one language; what is left empty stays as it is originally."""

    subject = forms.CharField(label=_("Subject"), max_length=150, required=False)
    introduction = forms.CharField(
        label=_("Introduction"),
        max_length=2000,
        required=False,
        widget=forms.Textarea(attrs={"rows": 6}),
    )

    def __init__(self, *args: Any, kind: Kind, original: dict[str, str], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.kind = kind
        for name, words in original.items():
            said = _now("Leave it empty for the original, such as: “%(words)s”") % {"words": words}
            self.fields[name].help_text = said

    def clean_subject(self) -> str:
        return self._known("subject")

    def clean_introduction(self) -> str:
        return self._known("introduction")

    def _known(self, field: str) -> str:
        text = self.cleaned_data[field]
        strange = unknown_words(self.kind, text)
        if any(word in "{}" for word in strange):
            raise forms.ValidationError(_("A brace stands alone. Write words in braces like {order}."))
        if strange:
            may = ", ".join(f"{{{word}}}" for word in self.kind.words)
            words = _now("This mail does not know {%(word)s}. It knows: %(may)s.")
            raise forms.ValidationError(words % {"word": strange[0], "may": may})
        return text


class SendAgainForm(forms.Form):
    to = forms.EmailField(
        label=_("To"),
        max_length=254,
        help_text=_("The mail holds what it held. Send it only to the person whom it is about."),
        error_messages={
            "required": _("Enter an e-mail address."),
            "invalid": _("Enter an e-mail address like name@example.com."),
        },
    )
