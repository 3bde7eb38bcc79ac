"""Stage 8: a person decides. ``desk`` says what is shown and what a command means; ``stage`` keeps the decisions."""
