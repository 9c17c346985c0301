"""What search engines read about the shop and its stories: schema.org as plain dictionaries."""

from typing import Any

from django.http import HttpRequest
from django.templatetags.static import static
from django.urls import reverse

from shop.catalogue.pictures import SPECS

CONTEXT = {"@context": "https://schema.org"}


def organization(house: Any, request: HttpRequest) -> dict[str, Any]:
    """The shop itself, from the site settings."""
    data = {**CONTEXT, "@type": "Organization", "name": house.name, "url": request.build_absolute_uri("/")}
    data["logo"] = request.build_absolute_uri(static("img/favicon.svg"))
    if house.email:
        data["email"] = house.email
    if house.phone:
        data["telephone"] = house.phone
    if house.address_lines:
        data["address"] = {"@type": "PostalAddress", "streetAddress": ", ".join(house.address_lines)}
    if links := [place["url"] for place in house.elsewhere]:
        data["sameAs"] = links
    return data


def website(house: Any, request: HttpRequest) -> dict[str, Any]:
    """The site, with the address of its search."""
    return {
        **CONTEXT,
        "@type": "WebSite",
        "name": house.name,
        "url": request.build_absolute_uri("/"),
        "potentialAction": {
            "@type": "SearchAction",
            "target": request.build_absolute_uri(reverse("wagtail_serve", args=["search/"]))
            + "?q={search_term_string}",
            "query-input": "required name=search_term_string",
        },
    }


def publisher(house: Any, request: HttpRequest) -> dict[str, Any]:
    logo = request.build_absolute_uri(static("img/favicon.svg"))
    return {"@type": "Organization", "name": house.name, "url": request.build_absolute_uri("/"), "logo": logo}


def article(story: Any, house: Any, request: HttpRequest) -> dict[str, Any]:
    data = {
        **CONTEXT,
        "@type": "Article",
        "headline": story.title,
        "description": story.search_description or story.standfirst,
        "mainEntityOfPage": request.build_absolute_uri(story.get_url(request)),
        "inLanguage": story.locale.language_code,
        "publisher": publisher(house, request),
    }
    if story.author:
        data["author"] = {"@type": "Person", "name": story.author.name}
    if story.published_on:
        data["datePublished"] = story.published_on.isoformat()
        data["dateModified"] = (story.updated_on or story.published_on).isoformat()
    if story.picture:
        shared = story.picture.get_rendition(SPECS["share"].jpeg)
        data["image"] = [request.build_absolute_uri(shared.url)]
    return data
