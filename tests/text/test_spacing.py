"""Blanks between Han and Latin."""

import pytest

from pipeline.text.spacing import join, space


@pytest.mark.parametrize(
    ("stored", "printed"),
    [
        ("用GPT写14B参数", "用 GPT 写 14B 参数"),
        ("降低50%，到2元", "降低 50%，到 2 元"),
        ("见https://example.org/a中文 的页面", "见https://example.org/a中文 的页面"),
        ("运行`pip安装x`吧", "运行`pip安装x`吧"),
        ("已有 GPT 空格", "已有 GPT 空格"),
        ("最新のGPTモデル", "最新のGPTモデル"),
        ("plain English 1.5", "plain English 1.5"),
        ("", ""),
    ],
)
def test_space(stored: str, printed: str) -> None:
    assert space(stored) == printed
    assert space(printed) == printed


def test_join_puts_no_blank_after_full_width_punctuation() -> None:
    assert join(["一。", "二。", "Three.", "四。"]) == "一。二。 Three. 四。"
