"""Stage 5: the story of each slot -> a summary, written by a model or out of the sources' own sentences."""
