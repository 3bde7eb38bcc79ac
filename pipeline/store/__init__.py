"""All SQL: one file per table family. Functions take a Connection, so that a stage decides what is one transaction."""

from pipeline.store.engine import Store, open_store

__all__ = ["Store", "open_store"]
