"""A table of lines that name certificates is kept for a look as files are."""

from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('certificates', '0231_words_at_once'),
    ]

    operations = [
        migrations.AddField(
            model_name='importbatch',
            name='kind',
            field=models.CharField(choices=[('files', 'files'), ('references', 'references')], db_default='files', default='files', max_length=10),
        ),
    ]
