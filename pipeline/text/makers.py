"""Those who make models: the words that name them, and where they publish themselves. By hand, to be extended."""

from collections.abc import Iterable

from pipeline.text.tokens import words
from pipeline.text.urls import host

# One line each: a name, words for its products, a bar, its sites. What is found on these sites is first-hand.
_MAKERS = """
openai chatgpt codex sora | openai.com chatgpt.com
anthropic claude | anthropic.com claude.com claude.ai
google deepmind gemini gemma veo | deepmind.google deepmind.com blog.google ai.google ai.google.dev research.google developers.googleblog.com
meta llama | ai.meta.com llama.com
microsoft copilot | microsoft.ai
nvidia nemotron | nvidia.com
apple | machinelearning.apple.com
amazon bedrock | amazon.science
xai grok | x.ai
mistral devstral magistral codestral | mistral.ai
cohere | cohere.com
ai21 | ai21.com
ai2 allenai olmo | allenai.org
deepseek 求索 | deepseek.com
alibaba qwen 阿里 通义 千问 | qwen.ai qwenlm.github.io
moonshot kimi 月之 | moonshot.ai moonshotai.github.io kimi.com
zhipu glm 智谱 | z.ai
minimax | minimax.io
bytedance doubao 字节 豆包 | seed.bytedance.com
tencent hunyuan 腾讯 混元 | hunyuan.tencent.com
baidu ernie 百度 文心 | yiyan.baidu.com
stabilityai | stability.ai
bfl | bfl.ai
midjourney | midjourney.com
runwayml | runwayml.com
elevenlabs | elevenlabs.io
cursor anysphere | cursor.com
windsurf | windsurf.com cognition.ai
perplexity | perplexity.ai
liquidai | liquid.ai
thinkingmachines | thinkingmachines.ai
safesuperintelligence | ssi.inc
"""  # noqa: E501 - a maker is a line
_LINES = [(name.split(), sites.split()) for name, _, sites in (m.partition("|") for m in _MAKERS.strip().splitlines())]
_BY_WORD = {word: names[0] for names, _ in _LINES for word in names}
_BY_SITE = {site: names[0] for names, sites in _LINES for site in sites}


def maker_of(url: str) -> str:
    """Whose site an address is on, "" for none: "docs.anthropic.com" is anthropic's, "anthropic.com.example" is not."""
    labels = host(url).split(".")
    return next((_BY_SITE[name] for i in range(len(labels)) if (name := ".".join(labels[i:])) in _BY_SITE), "")


def makers_in(titles: Iterable[str]) -> frozenset[str]:
    """The makers that texts name, each by the first of its names."""
    return frozenset(_BY_WORD[word] for title in titles for word in words(title) if word in _BY_WORD)
