"""Any server that speaks OpenAI's Chat Completions, or Completions for base models: OpenAI, Gemini, Ollama and others.

https://platform.openai.com/docs/api-reference/chat/create , with what other servers do differently: where asking begins
is data (pipeline/providers.py), what a server refuses is learnt and remembered (model/manner.py). The answer is read by
us (model/reply.py): the client's own parsing fails on HTML and ``choices: null``.
"""

import json
import time
from collections.abc import Callable, Mapping
from dataclasses import replace
from threading import Lock
from typing import TYPE_CHECKING

from pipeline import resources
from pipeline.config_model import ModelSettings
from pipeline.errors import ModelError
from pipeline.model import Failure, manner, window
from pipeline.model.connection import MAX_RETRIES, Connection, address, is_about_prompt, refusal_of
from pipeline.model.few_shot import load_few_shot
from pipeline.model.manner import Manner
from pipeline.model.pace import Pace
from pipeline.model.reply import Reply, read
from pipeline.seams import Answer, Model, Prompt
from pipeline.text.tokens import estimate_tokens

if TYPE_CHECKING:
    from openai.types.chat import ChatCompletionMessageParam

MAX_ANSWER_BYTES = 4_000_000  # ten times the longest answer that anyone asks for

_REMEDIES: Mapping[Failure, str] = {
    "down": "Check model.base_url and model.name, and whether the server runs",
    "timeout": "Raise model.timeout_s, or take a faster model",
    "auth": "Check the key (model.api_key_env) and the credit of the account",
    "rate_limited": "Lower model.threads, or raise the limit of the account",
    "refused": "It is asked again when the story changes",
    "cut_off": "Raise model.max_output_tokens; thinking counts too",
    "garbage": "Take a model that follows a JSON schema",
    "too_long": "Take a model with a larger window, or write model.context_tokens if its window is larger",
}


class OpenAICompatible:
    """One model on one server. Threads may share it: what one learns late is only learnt twice.

    ``settings.timeout_s`` holds for one attempt, its body included (twice that at worst, when the last read stalls).
    One call makes at most ``1 + max_retries`` attempts for each thing that it can learn, and one more round of them
    after an error inside HTTP 200.
    """

    def __init__(
        self,
        settings: ModelSettings,
        *,
        max_retries: int = MAX_RETRIES,
        monotonic_s: Callable[[], float] = time.monotonic,
        pace: Pace | None = None,
    ) -> None:
        self.name = settings.name
        remedy = settings.preset.context_remedy
        self.connection = Connection(
            settings.name,
            base_url=address(settings),
            api_key=settings.api_key,
            timeout_s=settings.timeout_s,
            max_retries=max_retries,
            remedies={**_REMEDIES, "too_long": remedy} if remedy else _REMEDIES,
            monotonic_s=monotonic_s,
        )
        self._pace = pace or Pace(settings.requests_per_minute)
        self._settings = settings
        self._wishes = manner.wishes(settings)
        self._few_shot = None
        self._manner = manner.first(settings.preset)
        if settings.api == "completions":
            self._few_shot = load_few_shot(resources.find("prompts", "few_shot.md", settings.folder))
            self._manner = Manner(rung="none", limit_name="max_tokens")
        self._key = manner.key(settings)
        self._kept: Manner | None = None
        self._write: Callable[[str, str], None] | None = None
        self._has_worked = False
        self._lock = Lock()

    @property
    def manner(self) -> Manner:
        """How it is asked, after all that was learnt."""
        return self._manner

    def remember(self, read_kept: Callable[[str], str | None], write_kept: Callable[[str, str], None]) -> None:
        """Begin where the last run ended, and keep what this one learns; both are called from the asking thread."""
        self._kept = manner.from_text(read_kept(self._key))
        self._manner = self._kept or self._manner
        self._has_worked = self._kept is not None
        self._write = write_kept

    def most_tokens(self, prompt: Prompt) -> int:
        """The most tokens that it reads for a prompt: the schema or the worked examples included."""
        schema = json.dumps(prompt.schema, ensure_ascii=False)
        return estimate_tokens(self._few_shot.text(prompt) if self._few_shot else prompt.system + prompt.user + schema)

    @property
    def window_tokens(self) -> int | None:
        """How many tokens it reads and writes at once: as configured, as a probe found out, or as is known."""
        return self._settings.context_tokens or self._manner.window_tokens or self._settings.window_tokens

    def learn_window(self, tokens: int) -> None:
        """Keep what a probe found out."""
        self._keep(replace(self._manner, window_tokens=tokens))

    def body(self, prompt: Prompt) -> dict[str, object]:
        """The chat completion that it would ask for, as a batch takes it."""
        system, fields = manner.request(prompt, self._manner, self._wishes)
        return {"model": self.name, "messages": _messages(system, prompt, self._manner), **fields}

    def complete(self, prompt: Prompt) -> Answer:
        """Answer one prompt. Raises ModelError, its kind out of pipeline.model.KINDS; never with the key in it."""
        self._check_window(prompt)
        with self.connection.failures():
            reply = self._reply(prompt)
        shown = self._shown(prompt)
        if reply.input_tokens is not None and window.is_cut(shown, reply.input_tokens, self._manner):
            sent = window.count(shown, self._manner)
            message = f"read {reply.input_tokens:,} of about {sent:,} tokens and did not say so"
            raise self.connection.error("too_long", message)
        self._learn(prompt, reply)
        return Answer(
            text=reply.text,
            model=self.name,
            input_tokens=estimate_tokens(shown) if reply.input_tokens is None else reply.input_tokens,
            output_tokens=reply.output_tokens,
            cached_tokens=reply.cached_tokens,
        )

    def _check_window(self, prompt: Prompt) -> None:
        """Some servers cut a prompt without a word, others charge for the refusal: what is too long is not sent."""
        if self.window_tokens is None:
            return
        needed = window.count(self._shown(prompt), self._manner) + prompt.max_output_tokens
        if needed > self.window_tokens:
            message = f"has a window of {self.window_tokens:,} tokens; prompt and answer may take {needed:,}"
            raise self.connection.error("too_long", message)

    def _shown(self, prompt: Prompt) -> str:
        """All that the model reads."""
        if self._few_shot:
            return self._few_shot.text(prompt)
        return manner.request(prompt, self._manner, {})[0] + prompt.user

    def _reply(self, prompt: Prompt) -> Reply:
        """One answer; an error inside HTTP 200, which the client cannot see, is tried once more."""
        try:
            return read(self._ask(prompt), prompt, self.connection)
        except ModelError as e:
            if e.kind != "down":
                raise
        return read(self._ask(prompt), prompt, self.connection)

    def _ask(self, prompt: Prompt) -> bytes:
        """The bytes of the answer, after stepping down from what the server does not take."""
        from openai import BadRequestError, NotFoundError, UnprocessableEntityError

        now, tried = self._manner, {self._manner}
        while True:
            try:
                body = self._post(prompt, now)
            except (BadRequestError, UnprocessableEntityError, NotFoundError) as e:
                humbler = self._humbler(now, e.status_code, refusal_of(e))
                if humbler is None or humbler in tried:
                    raise
                now = humbler
                tried.add(now)
            else:
                self._manner, self._has_worked = now, True  # a refusal may have been about this prompt alone
                return body

    def _humbler(self, now: Manner, status: int, refusal: str) -> Manner | None:
        """What to try next. A server that has never answered and does not say what it refuses gets the plainest."""
        if is_about_prompt(refusal):
            return None
        known = manner.humbler(now, self._settings.preset.rungs, self._wishes, refusal)
        return known or (None if self._has_worked or status == 404 else manner.plainest(now, self._wishes))

    def _post(self, prompt: Prompt, now: Manner) -> bytes:
        """One request."""
        self._pace.wait()
        system, fields = manner.request(prompt, now, self._wishes)
        if self._few_shot:
            complete = self.connection.client.completions.with_streaming_response.create
            stop = {"stop": list(self._few_shot.stop)}
            with complete(model=self.name, prompt=self._few_shot.text(prompt), extra_body=fields | stop) as response:
                return self.connection.read(response, MAX_ANSWER_BYTES)
        create = self.connection.client.chat.completions.with_streaming_response.create
        with create(model=self.name, messages=_messages(system, prompt, now), extra_body=fields) as response:
            return self.connection.read(response, MAX_ANSWER_BYTES)

    def _learn(self, prompt: Prompt, reply: Reply) -> None:
        """What the answer says about the server."""
        now = self._manner
        if reply.input_tokens is not None:
            now = window.learnt(now, self._shown(prompt), reply.input_tokens)
        self._keep(manner.after(now, prompt, reply.text))

    def _keep(self, now: Manner) -> None:
        """Ask so from now on, and in the next run, where it is news."""
        self._manner = now
        with self._lock:
            is_news = window.differs(now, self._kept)
            self._kept = now if is_news else self._kept
        if is_news and self._write:
            self._write(self._key, manner.to_text(now))


def _messages(system: str, prompt: Prompt, now: Manner) -> "list[ChatCompletionMessageParam]":
    if now.joins_system:
        return [{"role": "user", "content": f"{system}\n\n{prompt.user}"}]
    return [{"role": "system", "content": system}, {"role": "user", "content": prompt.user}]


def connect(settings: ModelSettings) -> Model:
    """The configured model. Without a key "unused" is sent: local servers want one and ignore it.

    Raises ConfigError for an address that is none, and for a few-shot file that is none (model.api: completions).
    """
    return OpenAICompatible(settings)
