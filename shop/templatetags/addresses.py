"""Postal addresses in templates."""

from django import template

from shop.customers.addresses import lines_of

register = template.Library()

# {% for line in address|address_lines %}{{ line }}<br>{% endfor %}
register.filter("address_lines", lines_of)
