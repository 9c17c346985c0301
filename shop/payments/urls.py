from django.urls import path

from shop.payments import views

# Both spellings answer: a provider does not follow redirects.
urlpatterns = [
    path("payments/stripe/webhook/", views.webhook, {"provider": "stripe"}, name="stripe_webhook"),
    path("payments/stripe/webhook", views.webhook, {"provider": "stripe"}),
    path("payments/midtrans/notification/", views.webhook, {"provider": "midtrans"}, name="midtrans_notification"),
    path("payments/midtrans/notification", views.webhook, {"provider": "midtrans"}),
]
