"""The companies, laboratories and places that AI news is about, by the words that name them.

Two titles that are alike but for these tell of two parties: "Reddit sues Perplexity", "Reddit sues Anthropic". Names
that news uses for one another ("AWS" and "Amazon") stand on one line; people and products are left out, since news of
one event seldom names the same of them.
"""

_NAMES = """
openai chatgpt
anthropic claude
google deepmind gemini alphabet
meta facebook instagram whatsapp
microsoft github
apple siri
amazon aws
nvidia
amd
intel
oracle
ibm
tesla
xai grok
perplexity
mistral
cohere
deepseek 深度求索
alibaba qwen 阿里 通义 千问
baidu ernie 百度 文心
bytedance tiktok 字节 豆包
tencent 腾讯 混元
moonshot kimi 月之
zhipu 智谱
minimax
huawei 华为
samsung
salesforce
databricks
snowflake
adobe
figma
reddit
spotify
netflix
disney
uber
runway
elevenlabs
cerebras
groq
coreweave
cursor anysphere
replit
cognition windsurf
softbank
tsmc
qualcomm
america american americans washington
uk britain british london
eu europe european brussels
china chinese beijing
india indian
japan japanese tokyo
korea korean seoul
germany german berlin munich
france french paris
italy italian
spain spanish
canada canadian
brazil brazilian
australia australian
israel israeli
norway norwegian
denmark danish
sweden swedish
switzerland swiss
netherlands dutch
poland polish
singapore
taiwan taiwanese
kenya
nigeria
mexico mexican
indonesia
vietnam
saudi
uae emirates dubai
"""
_PARTY_OF = {word: line.split()[0] for line in _NAMES.strip().splitlines() for word in line.split()}


def parties(words: list[str]) -> frozenset[str]:
    """The parties that a text names, each by the first of its names, out of the lower-case words of the text."""
    return frozenset(_PARTY_OF[word] for word in words if word in _PARTY_OF)
