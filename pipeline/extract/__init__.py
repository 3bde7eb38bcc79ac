"""Stage 2: items without a text of their own -> the text of their page or transcript. Only `stage` asks anybody."""
