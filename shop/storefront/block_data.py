"""What search engines read of blocks: schema.org as plain dictionaries, written beside the block by `{% json_ld %}`."""

from typing import Any

from django.utils.html import strip_tags

from shop.catalogue.pictures import SPECS

CONTEXT = {"@context": "https://schema.org"}


def questions(entries: Any) -> dict[str, Any]:
    """A FAQPage of a questions block."""
    return {
        **CONTEXT,
        "@type": "FAQPage",
        "mainEntity": [
            {
                "@type": "Question",
                "name": entry["question"],
                "acceptedAnswer": {"@type": "Answer", "text": strip_tags(entry["answer"].source).strip()},
            }
            for entry in entries
        ],
    }


def recipe(value: Any) -> dict[str, Any]:
    """A Recipe, or a HowTo, of a recipe block."""
    words, steps = [item["words"] for item in value["ingredients"]], [_step(text) for text in value["steps"]]
    about: dict[str, Any] = {"name": value["title"]}
    if value["intro"]:
        about["description"] = value["intro"]
    if value["image"]:
        about["image"] = [value["image"].get_rendition(SPECS["share"].jpeg).full_url]
    if value["minutes"]:
        about["totalTime"] = f"PT{value['minutes']}M"
    if value["kind"] == "howto":
        supply = [{"@type": "HowToSupply", "name": name} for name in words]
        return {**CONTEXT, "@type": "HowTo", **about, "supply": supply, "step": steps}
    if value["serves"]:
        about["recipeYield"] = value["serves"]
    return {**CONTEXT, "@type": "Recipe", **about, "recipeIngredient": words, "recipeInstructions": steps}


def _step(text: str) -> dict[str, str]:
    return {"@type": "HowToStep", "text": text}
