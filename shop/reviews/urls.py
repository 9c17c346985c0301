from django.urls import path

from shop.reviews import views

app_name = "reviews"
urlpatterns = [
    path("reviews/<int:product_id>/", views.read, name="read"),
    path("reviews/<int:product_id>/write/", views.write, name="write"),
    path("reviews/<int:review_id>/helpful/", views.helpful, name="helpful"),
    path("orders/<str:number>/<str:token>/review/<int:line>/", views.write_for_order, name="write_for_order"),
]
