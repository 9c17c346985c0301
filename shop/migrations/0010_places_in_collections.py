from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("shop", "0009_who_keeps_collections")]

    operations = [
        migrations.AlterField(
            model_name="collectionmember",
            name="position",
            field=models.PositiveBigIntegerField(
                default=0, help_text="A key to sort by, pins first; the product's id is the last word."
            ),
        ),
        migrations.AlterField(
            model_name="collection",
            name="best_selling",
            field=models.PositiveSmallIntegerField(
                blank=True,
                help_text="Among this many that sold most lately, of those for which the other rules hold.",
                null=True,
            ),
        ),
    ]
