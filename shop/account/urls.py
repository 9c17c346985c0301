from django.urls import path

from shop.account import views

app_name = "account"
urlpatterns = [
    path("addresses/", views.addresses, name="addresses"),
    path("addresses/new/", views.address, name="new_address"),
    path("addresses/<int:pk>/", views.address, name="address"),
    path("addresses/<int:pk>/usual/", views.make_usual, name="make_usual"),
    path("addresses/<int:pk>/forget/", views.forget, name="forget_address"),
]
