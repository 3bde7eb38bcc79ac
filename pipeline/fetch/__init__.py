"""Stage 1: sources that may be asked -> payloads and items. ``politeness`` decides when a source may be asked again."""
