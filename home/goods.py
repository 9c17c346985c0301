"""Which products the blocks of a page show, gathered once so that their cards come in one piece."""

from wagtail.blocks import StreamValue

from shop.storefront.pages import ProductPage


def product_page_ids(*streams: StreamValue) -> list[int]:
    """Ids of the product pages that the streams' blocks choose, in their order, each once.

    Pages that have been deleted since are not among them (their block holds None); unpublished ones are.
    """
    ids = {
        int(pk): None
        for stream in streams
        for model, pk, _model_path, _content_path in stream.stream_block.extract_references(stream)
        if model is ProductPage
    }
    return list(ids)
