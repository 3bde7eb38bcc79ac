"""One file = one kind of embedder: how alike two texts are in meaning, where their words differ.

``connect`` of each gives an Embedder (pipeline.seams) that loads or asks nothing before its first text. ``cache.py`` is
no kind: it stands before each of them and embeds no text twice.
"""

from pipeline.config import Settings
from pipeline.model.books import Books
from pipeline.seams import Embedder


def find(settings: Settings, books: Books) -> Embedder:
    """What ``dedupe.embeddings`` names: "local", or a model at model.base_url. Raises ConfigError with its remedy."""
    dedupe = settings.dedupe
    if dedupe.embeddings == "local":
        from pipeline.embeddings import local

        return local.connect(dedupe.embeddings_path, settings.folder)
    from pipeline.embeddings import endpoint

    return endpoint.connect(dedupe, settings.model, books)
