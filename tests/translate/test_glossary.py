"""Terms are rendered as the glossary says, in both directions; one's own win over ours."""

import pytest

from pipeline import resources
from pipeline.translate.glossary import Term, check, found_in, laid_over, line_of, parse

OURS = parse(resources.find("prompts", "glossary.yaml").read_text(encoding="utf-8"))


@pytest.mark.parametrize(
    ("source", "translation"),
    [
        ("Agents run in the sandbox.", "智能体在沙箱中运行。"),
        ("Inference costs fall.", "推理服务的成本下降。"),
        ("Its reasoning is better.", "它的推理能力更强。"),
        ("An open-weight model with a KV cache.", "开放权重模型，带有KV缓存。"),
        ("Open-weight, and its code is open source.", "开放权重，代码开源。"),
        ("It was pre-trained on 2T tokens.", "它在2万亿token上预训练。"),
        ("A mixture of experts.", "MoE 模型。"),
        ("It prompted an inquiry.", "它引发了调查。"),
    ],
)
def test_a_rendering_of_the_glossary_holds(source: str, translation: str) -> None:
    check(source, translation, "zh-Hans", OURS)


@pytest.mark.parametrize(
    ("source", "translation", "said"),
    [
        ("Agents run in the sandbox.", "代理人在沙箱中运行。", "never 代理人"),
        ("Agents run in the sandbox.", "代理在沙箱中运行。", "'agent' must be 智能体"),
        ("Inference costs fall.", "推理成本下降。", "'inference' must be 推断 or 推理服务"),
        ("An open-weight model.", "开放权重的开源模型。", "never 开源"),
        ("It reads 200k tokens.", "它读取20万个令牌。", "never 令牌"),
    ],
)
def test_another_rendering_is_named(source: str, translation: str, said: str) -> None:
    with pytest.raises(ValueError, match=said):
        check(source, translation, "zh", OURS)


def test_into_english_any_form_of_the_word_will_do() -> None:
    check("该智能体经过预训练和微调。", "The agent was pre-trained and fine-tuned.", "en", OURS)
    check("推理更快。", "It reasons faster.", "en", OURS)
    with pytest.raises(ValueError, match="智能体 must be agent"):
        check("该智能体经过微调。", "The smart body was fine-tuned.", "en", OURS)


def test_only_the_terms_of_a_text_are_shown() -> None:
    assert {t.en[0] for t in found_in("The agents hallucinate.", OURS)} == {"agent", "hallucination"}
    assert {t.en[0] for t in found_in("蒸馏后的模型", OURS)} == {"distillation"}
    assert found_in("Post-training is not all.", OURS)[0].en[0] == "post-training"
    assert "training" not in {t.en[0] for t in found_in("Post-training is not all.", OURS)}


def test_ones_own_terms_win_and_a_line_can_be_read_back() -> None:
    own = Term(en=("agent",), zh=("代理",), keep=True, forbidden=("特工",))
    assert parse(line_of(own)) == (own,)
    terms = laid_over([own], OURS)
    assert [t.zh for t in terms if "agent" in t.en] == [("代理",)]
    check("Agents run.", "代理在运行。", "zh", terms)


@pytest.mark.parametrize(
    "text", ["- {en: agent}", "agent: 智能体", "- {en: agent, zh: 智能体, forbiden: [x]}", "- [", "a: {"]
)
def test_a_file_that_is_no_glossary_says_why(text: str) -> None:
    with pytest.raises(ValueError, match=r"term|YAML"):
        parse(text)
