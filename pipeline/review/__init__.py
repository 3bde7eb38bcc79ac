"""Stage 8: a person decides. ``queue`` has what is shown, ``desk`` tells it; ``stage`` keeps the decisions."""
