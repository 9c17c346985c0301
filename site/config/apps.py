"""Applications of others that the settings install with our parts in them."""

from wagtail.users.apps import WagtailUsersAppConfig


class UsersConfig(WagtailUsersAppConfig):
    user_viewset = "shop.customers.admin.UserViewSet"
