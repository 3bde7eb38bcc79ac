"""Stage 7: what an issue prints -> the same in the other languages. ``agree`` holds each translation against its text,
``glossary`` holds it to the terms, ``ask`` makes the call of several stories; ``stage`` keeps what held.
"""
