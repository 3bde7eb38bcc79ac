"""One file = one kind of embedder: how alike two texts are in meaning, where their words differ."""
