"""Counters of the login door, and the five roles of shop.customers.roles."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("shop", "0004_story_blocks"),
        ("home", "0001_initial"),
        ("auth", "0012_alter_user_first_name_max_length"),
        ("wagtailcore", "0098_apitoken"),
        ("wagtailadmin", "0006_formstate"),
        ("wagtailimages", "0027_image_description"),
        ("wagtaildocs", "0014_alter_document_file_size"),
        ("wagtailusers", "0015_userprofile_keyboard_shortcuts"),
        ("wagtailredirects", "0008_add_verbose_name_plural"),
        ("wagtailsearchpromotions", "0008_query_verbose_name"),
        ("wagtailforms", "0005_alter_formsubmission_form_data"),
    ]

    operations = [
        migrations.AlterModelOptions(
            name="order",
            options={"ordering": ["-pk"], "permissions": [("ship_order", "Can ship orders")]},
        ),
        migrations.CreateModel(
            name="Throttle",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("scope", models.CharField(help_text="Such as login.account.", max_length=40)),
                ("key_hash", models.CharField(max_length=64)),
                ("count", models.PositiveIntegerField()),
                (
                    "ends_at",
                    models.DateTimeField(db_index=True, help_text="When the window closes and counting begins anew."),
                ),
            ],
            options={
                "constraints": [models.UniqueConstraint(fields=("scope", "key_hash"), name="throttle_unique")],
            },
        ),
    ]
