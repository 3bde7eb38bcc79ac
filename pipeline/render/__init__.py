"""Stage 9: an approved issue -> the bytes that are sent, frozen under the fingerprint that was approved."""
