"""A generated catalogue of any size, for load: `manage.py seed_catalogue --products N`.

`articles` makes up what a product is, from its number alone; `shelves` lays out what all share (attributes, brands,
categories and their pages, photographs); `rows` turns articles into rows of every table, and `tables` copies those
into the database. Facts of other rooms, such as reviews, become one more function in `rows.SHEETS`.
"""
