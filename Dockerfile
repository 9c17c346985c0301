# The shop as one image; what it does is the command's choice (see compose.yaml). Untried: site/docs/operations.md.
FROM python:3.11-slim AS build
WORKDIR /shop
COPY requirements/base.txt requirements/s3.txt requirements/
RUN python -m venv /venv \
    && /venv/bin/pip install --no-cache-dir --require-hashes -r requirements/base.txt \
    && /venv/bin/pip install --no-cache-dir --require-hashes -r requirements/s3.txt

FROM python:3.11-slim
ENV PATH=/venv/bin:$PATH PYTHONPATH=/shop/site:/shop PYTHONUNBUFFERED=1 \
    DJANGO_SETTINGS_MODULE=config.settings.production
RUN useradd --create-home --uid 1000 shop && mkdir -p /shop/var && chown shop: /shop/var
WORKDIR /shop
COPY --from=build /venv /venv
COPY manage.py ./
COPY site site
COPY shop shop
COPY home home
COPY search search
COPY templates templates
USER shop
# Collecting needs settings, not secrets: these are gone when the step ends.
RUN DATABASE_URL=postgres:///none REDIS_URL=redis:// SECRET_KEY=only-for-collecting-the-static-files-0123456789 \
    ALLOWED_HOSTS=none BASE_URL=https://none EMAIL_URL=smtp://none STRIPE_SECRET_KEY=sk_live_none \
    STRIPE_PUBLISHABLE_KEY=pk_live_none STRIPE_WEBHOOK_SECRET=whsec_none \
    python manage.py collectstatic --noinput
EXPOSE 8000
CMD ["gunicorn", "--config", "python:config.gunicorn", "--bind", "0.0.0.0:8000"]
