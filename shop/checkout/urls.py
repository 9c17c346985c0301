from django.urls import path

from shop.checkout import address_views, order_views, refund_views, views

app_name = "checkout"
urlpatterns = [
    path("checkout/", views.start, name="start"),
    path("checkout/contact/", views.contact, name="contact"),
    path("checkout/address/", address_views.address, name="address"),
    path("checkout/billing/", address_views.billing, name="billing"),
    path("checkout/delivery/", views.delivery, name="delivery"),
    path("checkout/payment/", views.payment, name="payment"),
    path("orders/<str:number>/<str:token>/", order_views.page, name="order"),
    path("orders/<str:number>/<str:token>/pay/", order_views.pay, name="pay"),
    path("orders/<str:number>/<str:token>/cancel/", order_views.cancel, name="cancel"),
    path("orders/<str:number>/<str:token>/invoice/", order_views.invoice, name="invoice"),
    path("orders/<str:number>/<str:token>/refund-account/", refund_views.refund_account, name="refund_account"),
    path("payments/<slug:provider>/return/", order_views.come_back, name="return"),
]
