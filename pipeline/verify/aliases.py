"""Names that stand for one another, in any language, by hand: a line has the names of one."""

import re

from pipeline.verify.words import HAN

_LINES = """
openai | open ai
deepseek | deep seek | 深度求索
alibaba | alibaba cloud | 阿里巴巴 | 阿里云 | 阿里
qwen | tongyi qianwen | tongyi | 通义千问 | 通义 | 千问
baidu | 百度
ernie | wenxin | 文心一言 | 文心
bytedance | 字节跳动 | 字节
doubao | 豆包
tiktok | 抖音
tencent | 腾讯
hunyuan | 混元
moonshot | moonshot ai | 月之暗面
kimi
zhipu | zhipu ai | z.ai | 智谱 | 智谱ai
minimax | 稀宇科技
stepfun | 阶跃星辰
huawei | 华为
ascend | 昇腾
xiaomi | 小米
honor | 荣耀
oppo
vivo
google | alphabet | 谷歌
deepmind | google deepmind
microsoft | 微软
nvidia | 英伟达
apple | 苹果公司 | 苹果
amazon | aws | amazon web services | 亚马逊
meta | facebook | meta platforms | 脸书
tesla | 特斯拉
samsung | 三星
tsmc | taiwan semiconductor | 台积电
softbank | 软银
intel | 英特尔
x | twitter | 推特
sensetime | 商汤 | 商汤科技
iflytek | 科大讯飞 | 讯飞
cambricon | 寒武纪
smic | 中芯国际
jd | jd.com | 京东
meituan | 美团
kuaishou | 快手
kling | 可灵
xiaohongshu | rednote | 小红书
pdd | pinduoduo | 拼多多
didi | 滴滴
byd | 比亚迪
catl | 宁德时代
xpeng | 小鹏
netease | 网易
nio | 蔚来
baichuan | 百川智能 | 百川
01.ai | 零一万物
modelbest | 面壁智能
unitree | 宇树 | 宇树科技
agibot | 智元 | 智元机器人
china mobile | 中国移动
china telecom | 中国电信
china unicom | 中国联通
khan academy | 可汗学院
oracle | 甲骨文
qualcomm | 高通
broadcom | 博通
sony | 索尼
toyota | 丰田
siemens | 西门子
sequoia | sequoia capital | 红杉资本 | 红杉中国
hillhouse | 高瓴创投 | 高瓴资本
tsinghua | 清华
peking university | 北京大学 | 北大
chinese academy of sciences | cas | 中国科学院 | 中科院
stanford | 斯坦福
mit | 麻省理工
harvard | 哈佛
berkeley | 伯克利
oxford | 牛津
cambridge | 剑桥
princeton | 普林斯顿
zurich | 苏黎世
delft | 代尔夫特
toronto | 多伦多
montreal | 蒙特利尔
geneva | 日内瓦
munich | 慕尼黑
amsterdam | 阿姆斯特丹
bbc | 英国广播公司
reuters | 路透社 | 路透
bloomberg | 彭博社 | 彭博
sam altman | altman | 奥特曼 | 阿尔特曼
elon musk | musk | 马斯克
jensen huang | huang | 黄仁勋
mark zuckerberg | zuckerberg | 扎克伯格
satya nadella | nadella | 纳德拉
sundar pichai | pichai | 皮查伊
yann lecun | lecun | 杨立昆
dario amodei | amodei | 阿莫迪
demis hassabis | hassabis | 哈萨比斯
liang wenfeng | 梁文锋
andrej karpathy | karpathy | 卡帕西
ilya sutskever | sutskever | 苏茨克维
united states | us | u.s. | usa | america | american | americans | washington | white house | 美国 | 白宫
united kingdom | uk | u.k. | britain | british | england | english | london | 英国
european union | eu | europe | european | europeans | brussels | european commission | 欧盟 | 欧洲
china | chinese | beijing | prc | 中国 | 北京
hong kong | 香港
taiwan | taiwanese | 台湾
japan | japanese | tokyo | 日本
south korea | korea | korean | koreans | seoul | 韩国
north korea | dprk | pyongyang | 朝鲜
india | indian | indians | delhi | 印度
france | french | paris | 法国
germany | german | germans | berlin | 德国
italy | italian | italians | rome | 意大利
spain | spanish | madrid | 西班牙
netherlands | dutch | holland | 荷兰
belgium | belgian
denmark | danish | danes
sweden | swedish | swedes
norway | norwegian
finland | finnish | finns
poland | polish | poles
switzerland | swiss | 瑞士
austria | austrian
ireland | irish
scotland | scottish | scots
wales | welsh
portugal | portuguese
greece | greek | greeks
turkey | turkish | türkiye
russia | russian | russians | moscow | kremlin | 俄罗斯
ukraine | ukrainian | kyiv | kiev | 乌克兰
israel | israeli | israelis | 以色列
iran | iranian | tehran
iraq | iraqi
syria | syrian
saudi arabia | saudi | saudis | riyadh | 沙特
uae | united arab emirates | emirates | dubai | abu dhabi | 阿联酋
canada | canadian | ottawa | 加拿大
mexico | mexican
brazil | brazilian | 巴西
argentina | argentine
australia | australian | canberra | 澳大利亚
new zealand | nz | new zealanders | wellington
singapore | singaporean | 新加坡
vietnam | vietnamese | 越南
thailand | thai
philippines | filipino | philippine
indonesia | indonesian
pakistan | pakistani
egypt | egyptian
nigeria | nigerian
kenya | kenyan
south africa | south african
united nations | un | 联合国
california | californian | silicon valley | 加州
new york | ny | nyc | 纽约
los angeles | la
san francisco | sf | bay area | 旧金山
liberal democrats | lib dems | lib dem
republicans | republican | gop | republican party
democrats | democratic party
conservatives | tories | tory
prime minister | pm
chief executive | chief executive officer | ceo
artificial intelligence | ai | 人工智能
large language model | llm | llms
"""
# Who makes it: a writer may say "a Google model" of Gemini.
_MAKES = """
google | gemini | gemma | youtube | android
openai | chatgpt | gpt | sora
anthropic | claude
microsoft | windows | copilot | azure | github
meta | llama | instagram | whatsapp
moonshot | kimi | 月之暗面
bytedance | doubao | douyin | tiktok | 字节跳动 | 抖音 | 豆包
alibaba | qwen | 通义千问
xai | grok
nvidia | cuda
apple | iphone | siri
amazon | alexa | aws
tencent | wechat | 微信
baidu | ernie
zhipu | glm
"""
_BY_NAME: dict[str, tuple[str, ...]] = {}
for _line in _LINES.strip().splitlines():
    _names = tuple(_name.strip() for _name in _line.split("|"))
    for _name in _names:
        _BY_NAME[_name] = _names
for _line in _MAKES.strip().splitlines():
    _maker, *_made = (_name.strip() for _name in _line.split("|"))
    _BY_NAME[_maker] = (*_BY_NAME.get(_maker, (_maker,)), *_made)
_HAN_NAMES = re.compile("|".join(sorted((n for n in _BY_NAME if HAN.search(n)), key=len, reverse=True)))


def aliases(name: str) -> tuple[str, ...]:
    """All names of whoever is called that, in lower case, itself among them; () for a name that is not here."""
    return _BY_NAME.get(name.lower(), ())


def han_names(text: str) -> list[tuple[int, int]]:
    """Where the Chinese names that are known here stand in a text."""
    return [m.span() for m in _HAN_NAMES.finditer(text)]
