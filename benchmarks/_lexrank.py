"""LexRank for ``_extracts``; run by the Python of an environment where sumy is installed, which we do not need."""

import json
import re
from sys import stdin

SENTENCES = 3


class _Words:
    """Sumy's tokenizer without the download that nltk wants."""

    def to_words(self, text: str) -> list[str]:
        return re.findall(r"[a-z0-9][a-z0-9'.-]*|[\u4e00-\u9fff]", text.lower())


def summaries(texts: list[list[str]]) -> list[list[str]]:
    """The sentences of each text that LexRank chooses, in the order of the text."""
    from sumy.models.dom import ObjectDocumentModel, Paragraph, Sentence
    from sumy.summarizers.lex_rank import LexRankSummarizer

    rank = LexRankSummarizer()
    documents = (ObjectDocumentModel([Paragraph([Sentence(s, _Words()) for s in text])]) for text in texts)
    return [[str(sentence) for sentence in rank(document, SENTENCES)] for document in documents]


if __name__ == "__main__":
    print(json.dumps(summaries(json.load(stdin))))
