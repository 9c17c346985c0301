from django.urls import path

from shop.account import consent_views, order_views, views

app_name = "account"
urlpatterns = [
    path("account/orders/", order_views.orders, name="orders"),
    path("account/reviews/", order_views.reviews, name="reviews"),
    path("account/addresses/", views.addresses, name="addresses"),
    path("account/addresses/new/", views.address, name="new_address"),
    path("account/addresses/<int:pk>/", views.address, name="address"),
    path("account/addresses/<int:pk>/usual/", views.make_usual, name="make_usual"),
    path("account/addresses/<int:pk>/forget/", views.forget, name="forget_address"),
    path("letters/out/<str:token>/", consent_views.unsubscribe, name="unsubscribe"),
    path("letters/confirm/<uuid:key>/", consent_views.confirm, name="confirm_consent"),
    path("account/sessions/<int:pk>/end/", views.end_session, name="end_session"),
    path("orders/lookup/", order_views.lookup, name="lookup"),
    path("orders/<str:number>/<str:token>/again/", order_views.again, name="again"),
    path("orders/<str:number>/<str:token>/account/", order_views.open_account, name="open_account"),
]
