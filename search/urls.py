from django.urls import path

from search.views import search, suggestions

urlpatterns = [
    path("search/", search, name="search"),
    path("search/suggest/", suggestions, name="suggest"),
]
