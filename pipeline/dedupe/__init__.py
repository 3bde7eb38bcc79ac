"""Stage 2: items -> stories. ``fold`` decides which items are about one event; it never asks a clock, a store or a model."""
