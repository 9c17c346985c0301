from django.urls import path

from shop.cart import back_views, views

app_name = "cart"
urlpatterns = [
    path("", views.page, name="page"),
    path("count/", views.count, name="count"),
    path("add/", views.add, name="add"),
    path("add-all/", views.add_all, name="add_all"),
    path("clear/", views.clear, name="clear"),
    path("coupon/", views.coupon, name="coupon"),
    path("lines/<int:pk>/", views.update, name="line"),
    path("lines/<int:pk>/remove/", views.remove, name="remove"),
    path("lines/<int:pk>/save/", views.save, name="save"),
    path("saved/<int:pk>/move/", views.move, name="move"),
    path("saved/<int:pk>/remove/", views.drop, name="drop"),
    path("back/<str:token>/", back_views.back, name="back"),
    path("undo/", views.undo, name="undo"),
]
