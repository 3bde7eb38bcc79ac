"""What a model is shown of a story: every item under its number, within a budget of tokens that they share fairly."""

from pipeline.model.blocks import BUDGET_TOKENS, MAX_BLOCKS, blocks, tokens_of, whole
from pipeline.text.tokens import estimate_tokens
from pipeline.types import Citation
from tests.summarise.stories import item, story


def test_the_room_is_bounded_and_shared_fairly() -> None:
    told = story(item(1, "Short", "a" * 1_000), item(2, "Long", "b" * 90_000), item(3, "Long too", "c" * 90_000))
    shown = blocks(told)
    first, second, third = (len(b.text) for b in shown)
    assert first == 1_000
    assert second == third > 8_000
    assert [b.note for b in shown] == ["", "cut", "cut"]
    assert str(shown[1]).startswith("[B2] (cut)\nTitle: Long\nbbb")
    assert sum(estimate_tokens(b.text) for b in shown) <= BUDGET_TOKENS + 16 * 3
    assert [len(b.text) for b in whole(told)] == [1_000, 90_000, 90_000]
    assert tokens_of(whole(told)) > 10 * BUDGET_TOKENS


def test_of_a_story_that_is_too_long_what_is_cited_is_shown_with_what_stands_around_it() -> None:
    body = " ".join(f"Sentence number {n} is said in this talk." for n in range(4_000))
    told = story(item(1, "Talk", body), item(2, "Beside", "It was said."))
    at = body.index("Sentence number 3500 ")
    near = body.index("Sentence number 3502 ")
    cited = [Citation(item_id=told.items[0].id, start=a, end=a + 20, quote=body[a : a + 20]) for a in (at, near)]
    (block,) = blocks(told, cited)
    assert (block.number, block.note) == (1, "excerpts")
    assert block.text.startswith("\n[...]\n")
    assert "Sentence number 3499 is said in this talk. Sentence number 3500 is said in this talk." in block.text
    assert block.text.count("Sentence number 3501 ") == 1
    assert "Sentence number 3400 " not in block.text
    assert len(blocks(story(item(1, "Short", "It was said.")), cited)) == 1, "what fits is shown whole"


def test_chinese_takes_more_tokens_so_less_of_it_is_shown() -> None:
    (block,) = blocks(story(item(1, "模型", "模型发布了。" * 2_000)))
    assert 3_000 < len(block.text) < 3_800
    assert block.text == block.item.cited_text[: len(block.text)]


def test_a_story_of_thirty_items_is_shown_with_all_of_them() -> None:
    many = story(*(item(i, "T", "x" * 9_000) for i in range(1, 50)))
    assert len(blocks(many)) == MAX_BLOCKS == 30
    assert all(b.text for b in blocks(many))


def test_an_item_of_a_title_alone_says_so() -> None:
    assert str(blocks(story(item(1, "Mistral raises 2 billion euros")))[0]) == (
        "[B1] (title only)\nMistral raises 2 billion euros"
    )
