"""A translation says the numbers and names of its text, in its own script, and about as much."""

import pytest

from pipeline.translate.agree import check

RIGHT = [
    ("Heron 2 has 64B parameters and reads 256k tokens.", "Heron 2有640亿参数，可读取25.6万token。"),
    ("Revenue grew to $1.5 billion in 2025, twice that of 2024.", "2025年营收增至15亿美元，是2024年的两倍。"),
    ("The 3B model runs at 22 tokens per second on a phone.", "这款 3B 模型在手机上每秒运行 22 个 token。"),
    ("Clerks changed 62 % of the drafts within 11 months.", "11个月内，职员修改了62%的草稿。"),
    ("OpenAI cut GPT-5.4 prices by 40% on November 23, 2026.", "OpenAI于2026年11月23日将GPT-5.4的价格下调40%。"),
    ("It scored 71.2 on MMLU-Pro with 8x H100 GPUs in Q3.", "第三季度，它用8块H100 GPU在MMLU-Pro上得到71.2分。"),
    ("Three of the dozen judges disagreed two weeks later.", "两周后，十二名法官中有三名表示反对。"),
    ("Mistral's November release costs €0.40 per million tokens.", "Mistral 11月的版本每百万token收费0.40欧元。"),
    ("A range of 1.5B to 3B was tested at 10 a.m.", "上午10点测试了15亿到30亿的范围。"),
    ("智谱发布GLM-5，参数量达3550亿，上下文窗口为20万token。",
     "Zhipu has released GLM-5 with 355 billion parameters and a context window of 200k tokens."),
    ("月之暗面以200亿美元估值融资3.5亿美元。", "Moonshot raised $350 million at a valuation of $20 billion."),
    ("该模型于11月23日开放权重，训练耗时两个月。", "Its weights came on 23 November, after two months of training."),
    ("DeepSeek 发布 V4", "DeepSeek 发布 V4"),
]  # fmt: skip
WRONG = [
    ("Quayside has raised $400 million.", "Quayside融资40亿美元。", r"\$400 million"),
    ("Quayside has raised $400 million.", "Quayside融资4亿元。", r"\$400 million"),
    ("Quayside has raised money.", "Quayside融资4亿美元。", "4亿美元"),
    ("It reads 256k tokens.", "它可读取256万token。", "256k"),
    ("The trial ended after 11 months.", "试点在11年后结束。", "11 months"),
    ("It comes on 23 November.", "它将于11月24日推出。", "23 November"),
    ("It comes on 23 November.", "它将于2025年11月23日推出。", "23 November"),
    ("OpenAI cut its prices.", "开放人工智能公司降价。", "OpenAI"),
    ("It runs on an H100.", "它在H200上运行。", "H100"),
    ("A lab has a new model.", "Anthropic有了新模型。", "Anthropic"),
    ("A lab has a new model.", "A lab has a new model.", "not in zh"),
    ("智谱发布GLM-5。", "Zhipu has released GLM-4.", "GLM-5"),
    ("智谱发布新模型。", "智谱 has released a new model.", "not in en"),
    ("月之暗面融资3.5亿美元。", "Moonshot has raised $35 million.", "3.5亿美元"),
    ("The model was trained for weeks on the notes of a hospital, without the consent of anybody who stood in them.",
     "模型经过训练。", "shorter"),
]  # fmt: skip


def target(source: str) -> str:
    return "zh" if sum(c.isascii() for c in source) > len(source) / 2 else "en"


@pytest.mark.parametrize(("source", "translation"), RIGHT)
def test_what_says_the_same_is_kept(source: str, translation: str) -> None:
    check(source, translation, target(source), names=(), allowed="")


@pytest.mark.parametrize(("source", "translation", "said"), WRONG)
def test_what_says_something_else_is_named(source: str, translation: str, said: str) -> None:
    with pytest.raises(ValueError, match=said):
        check(source, translation, target(source), names=(), allowed="")


def test_a_company_of_the_story_keeps_its_name() -> None:
    check("Meta opens a lab.", "Meta开设实验室。", "zh", names=("Meta",), allowed="")
    with pytest.raises(ValueError, match="'Meta' must stay"):
        check("Meta opens a lab.", "元公司开设实验室。", "zh", names=("Meta",), allowed="")
