from django.urls import path

from home.views import robots, sitemap, sitemap_file

urlpatterns = [
    path("sitemap.xml", sitemap, name="sitemap"),
    path("sitemap-<slug:section>-<int:number>.xml", sitemap_file, name="sitemap_file"),
    path("robots.txt", robots, name="robots"),
]
