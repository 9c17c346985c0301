"""Forms with which staff keeps people: who somebody is, how they sign in and what they may do."""

from typing import Any, ClassVar

from allauth.account.models import EmailAddress
from django import forms
from django.contrib.auth.models import Group
from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

from shop.customers import operations as customers
from shop.customers.models import User


class PersonForm(forms.ModelForm):
    """A person's account. `is_superuser` is not asked: `manage.py createsuperuser` alone makes one."""

    password1 = forms.CharField(
        required=False,
        strip=False,
        label=_("Password"),
        widget=forms.PasswordInput(attrs={"autocomplete": "new-password"}),
        help_text=_(
            "At least 12 characters. Better leave it empty: then they choose one themselves, by way of "
            "“Forgot your password?” on the login page."
        ),
    )
    groups = forms.ModelMultipleChoiceField(
        Group.objects.order_by("name"),
        required=False,
        label=_("Roles"),
        widget=forms.CheckboxSelectMultiple,
        help_text=_("What they may do in the admin. None: a customer."),
    )

    class Meta:
        model = User
        fields: ClassVar[list[str]] = ["email", "name", "password1", "groups"]
        help_texts: ClassVar[dict] = {"email": _("They sign in with it. It counts as verified.")}

    def clean_email(self) -> str:
        email = self.cleaned_data["email"].strip().lower()
        others = EmailAddress.objects.filter(email=email, verified=True).exclude(user=self.instance.pk)
        if others.exists():
            raise ValidationError(_("Somebody else has this e-mail address."))
        return email

    def _post_clean(self) -> None:
        """The password is looked at when the person is known, since it must not resemble their name."""
        super()._post_clean()  # type: ignore[misc]
        if password := self.cleaned_data.get("password1"):
            try:
                validate_password(password, user=self.instance)
            except ValidationError as error:
                self.add_error("password1", error)

    def save(self, commit: bool = True) -> User:
        data = self.cleaned_data
        return customers.keep_person(self.instance, password=data["password1"], groups=data.get("groups"))


class PersonEditForm(PersonForm):
    """Nobody locks themselves out: their own roles and whether they may sign in are for others to change."""

    class Meta(PersonForm.Meta):
        fields: ClassVar[list[str]] = ["email", "name", "password1", "is_active", "groups"]
        labels: ClassVar[dict] = {"is_active": _("May sign in")}

    def __init__(self, *args: Any, editing_self: bool = False, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["password1"].help_text = _("Empty: it stays as it is.")
        if editing_self:
            del self.fields["is_active"], self.fields["groups"]
