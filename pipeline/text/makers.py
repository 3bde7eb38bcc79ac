"""Where those who make models publish themselves: news found there is first-hand, whoever points at it."""

from pipeline.text.urls import host

_HOSTS = """
openai.com chatgpt.com
anthropic.com claude.com claude.ai
deepmind.google deepmind.com blog.google ai.google ai.google.dev research.google developers.googleblog.com
ai.meta.com llama.com
mistral.ai
x.ai
microsoft.ai
nvidia.com
machinelearning.apple.com
amazon.science
deepseek.com
qwen.ai qwenlm.github.io
moonshot.ai moonshotai.github.io kimi.com
z.ai
minimax.io
seed.bytedance.com
cohere.com
ai21.com
allenai.org
bfl.ai
stability.ai
midjourney.com
runwayml.com
elevenlabs.io
cursor.com
windsurf.com
perplexity.ai
liquid.ai
thinkingmachines.ai
ssi.inc
"""
_MAKERS = frozenset(_HOSTS.split())


def is_first_hand(url: str) -> bool:
    """Whether an address is on the site of somebody who makes models: "docs.anthropic.com" is, "anthropic.com.x" not."""
    labels = host(url).split(".")
    return any(".".join(labels[i:]) in _MAKERS for i in range(len(labels) - 1))
