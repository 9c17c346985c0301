"""The web server's settings are such that it knows, and what its workers share is made before they are."""

import gc

from django.template import engines
from gunicorn.config import Config

from config import gunicorn
from config.warmth import template_names, warm


def test_the_server_knows_each_setting_and_takes_its_value():
    cfg = Config()
    ours = {name: value for name, value in vars(gunicorn).items() if name in cfg.settings}
    for name, value in ours.items():
        cfg.set(name, value)
    said = {name for name in vars(gunicorn) if not name.startswith("_")} - {"gc", "os", "Any", "COLLECT"}
    assert said == ours.keys()
    assert cfg.preload_app


def test_warming_asks_no_database_and_has_every_page_ready():
    warm()
    kept = next(iter(engines.all())).engine.template_loaders[0].get_template_cache
    assert len(template_names()) > 300
    assert set(template_names()) <= {str(key) for key in kept}


def test_what_is_there_before_the_fork_is_out_of_the_collectors_sight():
    try:
        gunicorn.when_ready(None)
        assert gc.get_freeze_count() > 100_000
    finally:
        gc.unfreeze()
