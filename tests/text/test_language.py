import pytest

from pipeline.text.language import detect, html_tag, own_name, settle


@pytest.mark.parametrize(
    ("text", "language"),
    [
        ("The lab released a small model and its weights.", "en"),
        ("How we built an agent", "en"),
        ("新模型发布，价格下降一半", "zh"),
        ("OpenAI 发布 GPT-5.4 mini，价格更低", "zh"),
        ("新しいモデルを公開しました", "ja"),
        ("새로운 모델을 공개했습니다", "ko"),
        ("Новая модель стала дешевле", "ru"),
        ("Das Labor hat ein kleines Modell veröffentlicht", "und"),
        ("Le laboratoire publie un petit modèle de langage", "und"),
        ("GPT-5.4", "und"),
        ("🎉 42", "und"),
        ("", "und"),
    ],
)
def test_what_script_and_common_words_tell(text: str, language: str) -> None:
    assert detect(text) == language


@pytest.mark.parametrize(
    ("claimed", "text", "language"),
    [
        ("en-US", "GPT-5.4", "en"),
        ("EN_us", "A short title", "en"),
        ("de", "Das neue Modell is for all of us", "de"),
        ("en", "新模型发布", "zh"),
        ("zh-CN", "The weights of the model are out", "en"),
        ("zh-CN", "GPT-5.4", "und"),
        ("", "The weights of the model are out", "en"),
        ("<script>", "GPT-5.4", "und"),
    ],
)
def test_the_script_outweighs_a_claim(claimed: str, text: str, language: str) -> None:
    assert settle(claimed, text) == language


@pytest.mark.parametrize(
    ("tag", "name", "html"),
    [
        ("zh", "中文", "zh-Hans"),
        ("zh-Hant", "繁體中文", "zh-Hant"),
        ("zh-TW", "繁體中文", "zh-TW"),
        ("en", "English", "en"),
        ("xx", "xx", "xx"),
    ],
)
def test_a_language_has_its_own_name_and_a_tag_for_pages(tag: str, name: str, html: str) -> None:
    assert (own_name(tag), html_tag(tag)) == (name, html)
