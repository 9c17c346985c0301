"""The people's desk: Wagtail's own, with forms that fit our accounts."""

from typing import Any

from django.db.models import QuerySet
from django.forms import ModelForm
from django.utils.functional import cached_property
from django.utils.translation import gettext_lazy as _
from wagtail.admin.ui.tables import BooleanColumn, BulkActionsCheckboxColumn, Column, DateColumn
from wagtail.users.views import users as wagtail

from shop.customers.forms import PersonEditForm, PersonForm


def roles(person: Any) -> str:
    names = sorted(group.name for group in person.groups.all())
    return ", ".join([*([str(_("Superuser"))] if person.is_superuser else []), *names])


class PeopleView(wagtail.IndexView):
    search_fields = ("name", "email")

    def get_base_queryset(self) -> QuerySet:
        return super().get_base_queryset().prefetch_related("groups")

    def order_queryset(self, queryset: QuerySet) -> QuerySet:
        if self.ordering in ("name", "-name"):
            return queryset.order_by(self.ordering, "email")
        return super().order_queryset(queryset)

    @cached_property
    def columns(self) -> list[Column]:
        name = self._get_title_column_class(wagtail.UserColumn)
        return [
            BulkActionsCheckboxColumn("bulk_actions", obj_type="user"),
            name("name", label=_("Name"), accessor="get_full_name", sort_key="name", get_url=self.get_edit_url),
            Column("email", label=_("E-mail"), sort_key="email"),
            Column("roles", label=_("Roles"), accessor=roles),
            BooleanColumn("is_active", label=_("May sign in"), sort_key="is_active"),
            DateColumn("last_login", label=_("Last login"), sort_key="last_login"),
        ]


class UserViewSet(wagtail.UserViewSet):
    """Named in config.apps.UsersConfig."""

    index_view_class = PeopleView
    create_template_name = edit_template_name = "wagtailadmin/generic/form.html"

    def get_form_class(self, for_update: bool = False) -> type[ModelForm]:
        return PersonEditForm if for_update else PersonForm
