"""Being forgotten: who asked for it, and what then may be emptied."""

import django.db.models.deletion
import django.db.models.functions.text
import uuid
from django.conf import settings
from django.db import migrations, models

from shop.sql import append_only, only_emptied


# Of who did what to which order, only what tells of a person may be emptied; nothing is changed or deleted.
STRICT = append_only("shop_auditentry")


class Migration(migrations.Migration):

    dependencies = [
        ("shop", "0031_cart_reminders"),
    ]

    operations = [
        migrations.CreateModel(
            name='ErasureRequest',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('key', models.UUIDField(default=uuid.uuid4, unique=True)),
                ('email', models.EmailField(blank=True, help_text='Where we write to about it; a guest is known by it.', max_length=254)),
                ('language', models.CharField(max_length=10)),
                ('asked_at', models.DateTimeField()),
                ('due_at', models.DateTimeField()),
                ('waits_for', models.CharField(blank=True, help_text='What is still open, when it was last looked.', max_length=200)),
                ('taken_back_at', models.DateTimeField(blank=True, null=True)),
                ('done_at', models.DateTimeField(blank=True, null=True)),
            ],
            options={
                'ordering': ['-pk'],
                'default_permissions': ('view', 'add'),
            },
        ),
        migrations.AddField(
            model_name='order',
            name='forgotten_at',
            field=models.DateTimeField(blank=True, editable=False, help_text='When whoever bought it was forgotten: see orders.personal.', null=True),
        ),
        migrations.AddConstraint(
            model_name='order',
            constraint=models.CheckConstraint(condition=models.Q(('forgotten_at__isnull', True), models.Q(('customer_note', ''), ('email', ''), ('staff_note', ''), ('user__isnull', True), ('state__in', ['shipped', 'delivered', 'cancelled'])), _connector='OR'), name='order_forgotten_wholly'),
        ),
        migrations.AddField(
            model_name='erasurerequest',
            name='user',
            field=models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to=settings.AUTH_USER_MODEL),
        ),
        migrations.AddIndex(
            model_name='erasurerequest',
            index=models.Index(condition=models.Q(('done_at__isnull', True), ('taken_back_at__isnull', True)), fields=['due_at'], name='erasure_due'),
        ),
        migrations.AddConstraint(
            model_name='erasurerequest',
            constraint=models.CheckConstraint(condition=models.Q(('email', django.db.models.functions.text.Lower('email'))), name='erasure_email_lower'),
        ),
        migrations.AddConstraint(
            model_name='erasurerequest',
            constraint=models.CheckConstraint(condition=models.Q(('done_at__isnull', True), ('taken_back_at__isnull', True), _connector='OR'), name='erasure_done_or_taken_back'),
        ),
        migrations.AddConstraint(
            model_name='erasurerequest',
            constraint=models.CheckConstraint(condition=models.Q(('done_at__isnull', True), models.Q(('email', ''), ('user__isnull', True)), _connector='OR'), name='erasure_names_nobody_when_done'),
        ),
        migrations.AddConstraint(
            model_name='erasurerequest',
            constraint=models.UniqueConstraint(condition=models.Q(('done_at__isnull', True), ('taken_back_at__isnull', True)), fields=('email',), name='erasure_asked_once'),
        ),
        migrations.RunSQL(STRICT.reverse_sql, STRICT.sql),
        only_emptied("shop_auditentry", "actor", "before", "after"),
    ]
