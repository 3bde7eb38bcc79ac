"""Words that many texts share without being about one event: stop words, everyday English, news words, AI words.

Written by hand for titles. ``text.similarity`` leaves STOP out and lets COMMON say little.
"""

_STOP = """
a about after all also am an and any are aren aren't as at be been before being but by can can't could
couldn't d did didn didn't do does doesn doesn't doing don don't done each else for from get gets had has have
he he's her here here's him his how i i'd i'll i'm i've if in into is isn isn't it it's its itself just let's
ll m may me might more most must my no nor not of off on one or other our ours out own per re s said same say
says shall she she's should shouldn't so some such t than that that's the their them then there there's these
they they're they've this those through to too up upon us ve very via vs was wasn wasn't we we'll we're we've
were what what's when where whether which while who who's whom whose why will with within won won't would
wouldn't yet you you'll you're you've your yours
"""

_EVERYDAY = """
2020 2021 2022 2023 2024 2025 2026 2027 2028 able accept account across act action actual actually add added
adding address advice again against age ago agree ahead allow allowed allowing allows almost alone along
already although always among amount another answer anybody anymore anyone anything anyway apart appear apply
approach area argue around ask asked asking away back bad based basic beat became because become becoming
began begin behind believe below benefit best better between beyond big bigger biggest bit book both bought
box boy break bring broke broken brought build building built buy call called calling came cannot care carry
case catch caught cause certain challenge chance change changed changes changing check child choice choose
claim clear close closer code cold come comes coming common compare compared comparison complete completely
concern condition confirm confirms consider contain continue control cool cost course cover crazy create
created creating current currently cut cutting daily dark date deal dealing decade decide decided deep deeper
deserve design detail develop different difficult direct directly discover discuss discussion doubt down drive
drop dropped during early easier easily easy edge effect effort eight either emerge emerging end ended enjoy
enough ensure enter entire especially even event eventually ever every everybody everyday everyone everything
exactly example exist expect expected experience expert explain explained explore extra eye face fact fail
failed fair fall family far fast faster favorite fear feel feeling few fight figure final finally find finding
fine finish first fit five fix focus follow following food forget form former forward found four free fresh
friend front full fully fun further future gain game gave general getting girl give given gives giving go goal
goes going gone good got great ground group grow growing growth guess guide guy half hand handle happen
happened happening happens hard hardly hate having head heading hear heard heart help helped helping helps hey
hidden high higher highest hit hold hope hot hour house however huge human idea ignore image imagine impact
important improve include included including increase indeed inside instead interest interested interesting
interview issue job join joined joins keep keeping kept key kid kill killed kind knew know knowing known lack
large largest last late later latest lead leader leading learn learned least leave left less let letter level
life light like likely limit line link list listen little live living local long longer look looking looks
lose losing loss lost lot love low lower luck made main major make makes making man manage many mark market
matter maybe mean meaning means meet member men mention middle mind minute miss missing mistake mode moment
money month mostly move moved moving much multiple name national nature near nearly necessary need needed
needs neither never new news next nice night nine nobody none normal note nothing notice now nowhere number
obvious offer office official often ok okay old older once ones only open opens opinion option order ordinary
others otherwise outside over overall page paid part particular past pay people perfect perhaps period person
personal pick picture piece place plan play please plenty plus point poor popular position positive possible
possibly post potential power present pretty prevent price private probably problem process produce product
program progress project promise proper protect prove provide public pull purpose push put question quick
quickly quiet quite race raise ran range rank rare rate rather reach read reader reading ready real realise
realize really reason receive recent recently record reduce regular related release remain remember remove
replace reply report require response rest result return reveal review right rise risk road role room round
rule run running safe sale save saw school second secret see seeing seek seem seems seen self sell send sense
series serious seriously service set seven several share sharing short shot show showing shown side sign
signal similar simple simply since single site situation six skill slow small smart social solution solve
solved someone something sometimes somewhere soon sort sound source space speak special specific spend spent
stand standard start started starting starts state stay step still stock stop stopped story strange strong
struggle struggling study stuff subject success successful suddenly suggest suggestion summary support
supposed sure surprise switch take taken takes taking talk talking tell ten term test thank thanks thing think
thinking thinks third though thought thousand three throughout till time tip tired today together tomorrow
tonight took top topic total touch tough track tried tries trouble true truly trust truth try trying turn
turned turning turns twice two type typical under understand understanding unless unlike until unusual use
used useful user uses using usual usually value various version video view voice wait waiting walk want wanted
wants war warn warning waste watch water way weak wear week weekly weird well went whatever whenever wherever
whole wide win winner winning wish without woman women wonder word work worked working works world worried
worry worse worst worth write writing written wrong year yes yesterday young zero
"""

_NEWS = """
acquire acquired acquisition announce announced announcement announces available award billion ceo chief
company confirmed cto data day deny exclusive executive expand expands feature fire fired founder fund funding
global hire hired industry introduce introducing introduction invest invested investing investment investor
launch launched launches launching lawsuit layoff merger million network online partner partnership plans
platform president raised raising rating released releasing reportedly reports research researcher revealed
rumor sector security shares signed startup statement sue sued system team tech technology unveil unveiled
update updated upgrade valuation
"""

_AI_NEWS = """
agent agentic ai algorithm anthropic api app architecture artificial assistant automation benchmark chat
chatbot chatgpt chip claude coding compute context dataset deepmind deepseek developer diffusion efficient
embedding evaluation framework gemini generation generative google gpt gpu hallucination hosted hugging
inference intelligence language learning llama llm machine memory meta method microsoft mistral model
multimodal neural nvidia openai optimization paper performance production prompt qwen rag reasoning
reinforcement robot robotic scale scaling scratch software speech task text token tool toward towards train
training transformer vector vision visual web weight workflow xai
发布 推出 开源 模型 公司 完成 宣布 正式 人工 工智 智能 最新 系列 大模
"""

STOP = frozenset(_STOP.split())
COMMON = frozenset(f"{_EVERYDAY} {_NEWS} {_AI_NEWS}".split())
