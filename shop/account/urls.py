from django.urls import path

from shop.account import consent_views, guest_privacy, newsletter, order_views, privacy_views, views

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
    path("account/privacy/", privacy_views.overview, name="privacy"),
    path("account/privacy/letters/", privacy_views.change_consent, name="change_consent"),
    path("account/privacy/export/", privacy_views.export, name="export"),
    path("account/privacy/export/<uuid:key>/", privacy_views.export_file, name="export_file"),
    path("account/privacy/erase/", privacy_views.erase, name="erase"),
    path("account/privacy/keep/<uuid:key>/", privacy_views.keep_me, name="keep_me"),
    path("privacy/by-mail/", guest_privacy.by_mail, name="privacy_by_mail"),
    path("privacy/export/<uuid:key>/", guest_privacy.export_file, name="guest_export"),
    path("privacy/by-mail/<str:token>/", guest_privacy.guest, name="guest_privacy"),
    path("cookies/", privacy_views.cookies, name="cookies"),
    path("newsletter/", newsletter.sign_up, name="newsletter"),
    path("newsletter/asked/", newsletter.asked, name="newsletter_asked"),
    path("orders/lookup/", order_views.lookup, name="lookup"),
    path("orders/<str:number>/<str:token>/again/", order_views.again, name="again"),
    path("orders/<str:number>/<str:token>/account/", order_views.open_account, name="open_account"),
]
