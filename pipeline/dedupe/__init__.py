"""Stage 3: items -> stories. ``fold`` decides which items are about one event; it asks no clock, store or model."""
