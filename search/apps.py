from django.apps import AppConfig


class SearchConfig(AppConfig):
    name = "search"
    label = "shop_search"
    verbose_name = "Search"
