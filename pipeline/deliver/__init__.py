"""Stage 10: frozen renderings -> mails, one ledger row a recipient, written before the first byte is sent."""
