"""Pages besides the shop's, for tests."""

from typing import Any

from home.models import StoryIndexPage, StoryPage
from tests.factories import make_home


def make_story(title: str = "A story", *, live: bool = True, body: str = "", **fields: Any) -> StoryPage:
    """A story below the list of stories, published as an editor would."""
    home = make_home()
    stories = StoryIndexPage.objects.child_of(home).first()
    if stories is None:
        stories = home.add_child(instance=StoryIndexPage(title="Stories", slug="stories"))
    story = StoryPage(title=title, live=False, body=[("paragraph", f"<p>{body}</p>")] if body else [], **fields)
    stories.add_child(instance=story)
    revision = story.save_revision()
    if live:
        revision.publish()
    return StoryPage.objects.get(pk=story.pk)
