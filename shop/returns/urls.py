from django.urls import path

from shop.returns import views

app_name = "returns"
urlpatterns = [
    path("orders/<str:number>/<str:token>/return/", views.ask, name="ask"),
    path("orders/<str:number>/<str:token>/returns/<str:rma>/", views.page, name="page"),
    path("orders/<str:number>/<str:token>/returns/<str:rma>/slip/", views.slip, name="slip"),
    path("orders/<str:number>/<str:token>/returns/<str:rma>/withdraw/", views.withdraw, name="withdraw"),
]
