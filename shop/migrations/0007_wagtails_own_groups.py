"""Wagtail's example groups leave where nobody is in them: our roles stand in their place, in its workflow too."""

from django.db import migrations


EXAMPLES = ("Editors", "Moderators")


def remove_examples(apps, schema_editor):
    Group, Task = apps.get_model("auth", "Group"), apps.get_model("wagtailcore", "GroupApprovalTask")
    owner, _ = Group.objects.get_or_create(name="Owner")
    for group in Group.objects.filter(name__in=EXAMPLES, user=None):
        for task in Task.objects.filter(groups=group):
            task.groups.add(owner)
        group.delete()
    Task.objects.filter(name="Moderators approval").update(name="The owner's approval")
    apps.get_model("wagtailcore", "Workflow").objects.filter(name="Moderators approval").update(
        name="The owner's approval"
    )


class Migration(migrations.Migration):
    dependencies = [("shop", "0006_history_of_prices"), ("simple_translation", "0001_initial")]

    operations = [migrations.RunPython(remove_examples, migrations.RunPython.noop)]
