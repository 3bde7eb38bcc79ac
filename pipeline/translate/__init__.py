"""Stage 7: what an issue prints -> the same in its other languages, in calls of several stories, checked text by text.

``agree`` holds a translation against its text, ``glossary`` against the terms; ``ask`` makes the call; ``stage`` keeps
what held.
"""
