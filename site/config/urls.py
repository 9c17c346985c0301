"""Every address of the site. Pages of the tree come last; Indonesian ones below /id/."""

from allauth.account import urls as account_urls
from django.conf import settings
from django.conf.urls.i18n import i18n_patterns
from django.conf.urls.static import static
from django.urls import include, path, re_path
from django.views.generic import RedirectView
from wagtail import urls as wagtail_urls
from wagtail.admin import urls as wagtailadmin_urls
from wagtail.documents import urls as wagtaildocs_urls

from home.styleguide import styleguide
from home.views import story_feed
from shop.access import access
from shop.storefront.routing import serve

# One login door, ours, which counts wrong passwords. Wagtail brings two more; whoever knocks there is sent here.
to_login = access("public")(RedirectView.as_view(pattern_name="account_login", query_string=True))

handler404 = "home.views.not_found"

urlpatterns = [
    path("admin/login/", to_login),
    path("admin/", include(wagtailadmin_urls)),
    path("documents/", include(wagtaildocs_urls)),
    path("", include("shop.payments.urls")),
    path("", include("home.urls")),
]
if settings.DEBUG:
    urlpatterns += static(settings.MEDIA_URL, document_root=settings.MEDIA_ROOT)
if settings.DEV_TOOLS:
    urlpatterns += [path("dev/", include("config.devtools")), path("styleguide/", styleguide)]

urlpatterns += i18n_patterns(
    path("", include("shop.urls")),  # carts and orders first: whoever presses a button waits for it
    path("stories/feed/", story_feed, name="story_feed"),
    path("account/", include(account_urls)),
    path("account/2fa/", include("allauth.mfa.urls")),
    path("account/sessions/", include("allauth.usersessions.urls")),
    path("_util/login/", to_login),
    path("", include("search.urls")),
    re_path(wagtail_urls.serve_pattern, serve),
    path("", include(wagtail_urls)),
    prefix_default_language=False,
)
