from django.urls import path

from shop.wishlist import ask_views, cart_views, views

app_name = "wishlist"
urlpatterns = [
    path("", views.page, name="page"),
    path("marks/", views.marks, name="marks"),
    path("add/", views.add, name="add"),
    path("remove/", views.remove, name="remove"),
    path("items/<int:pk>/remove/", views.remove_item, name="remove_item"),
    path("items/<int:pk>/move/", views.move, name="move"),
    path("from-cart/<int:pk>/", cart_views.from_cart, name="from_cart"),
    path("undo/", cart_views.undo, name="undo"),
    path("share/", views.share, name="share"),
    path("shared/<str:token>/", views.shared, name="shared"),
    path("mails/", views.mails, name="mails"),
    path("tell-me/", ask_views.tell_me, name="tell_me"),
    path("tell-me/confirm/<str:token>/", ask_views.confirm, name="confirm"),
    path("tell-me/stop/<str:token>/", ask_views.stop, name="stop"),
]
