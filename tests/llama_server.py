"""A real llama-server with a tiny model of random weights: it speaks well-formed nonsense."""

import os
import subprocess
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import gguf
import numpy as np
import pytest

from tests.e2e.world import free_port

CONTEXT_TOKENS = 8192
_WIDTH, _HIDDEN, _HEADS, _LAYERS = 64, 128, 4, 1
_TEMPLATE = "{% for m in messages %}{{ m.role }}: {{ m.content }}\n{% endfor %}assistant: "


def binary() -> Path:
    """Where .ci/llama-server puts it. Skips the test where it is not built."""
    cache = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    folder = Path(os.environ.get("DIGEST_LLAMA_CACHE") or Path(cache) / "every-other-day")
    if not (folder / "llama-server").is_file():
        pytest.skip(f"llama-server is not in {folder}: `.ci/llama-server` builds it, once, in ten minutes")
    return folder / "llama-server"


def write_model(path: Path, seed: int = 0) -> None:
    """A model of the llama architecture with random weights, and a vocabulary of bytes and printable ASCII."""
    writer = gguf.GGUFWriter(str(path), "llama")
    tokens = _add_vocabulary(writer)
    writer.add_context_length(CONTEXT_TOKENS)
    writer.add_embedding_length(_WIDTH)
    writer.add_feed_forward_length(_HIDDEN)
    writer.add_block_count(_LAYERS)
    writer.add_head_count(_HEADS)
    writer.add_head_count_kv(_HEADS)
    writer.add_layer_norm_rms_eps(1e-5)
    writer.add_rope_dimension_count(_WIDTH // _HEADS)
    writer.add_chat_template(_TEMPLATE)
    random = np.random.default_rng(seed)
    shapes = {"token_embd": (tokens, _WIDTH), "output": (tokens, _WIDTH)}
    for i in range(_LAYERS):
        square = {f"blk.{i}.attn_{name}": (_WIDTH, _WIDTH) for name in ("q", "k", "v", "output")}
        shapes |= square | {f"blk.{i}.ffn_{name}": (_HIDDEN, _WIDTH) for name in ("gate", "up")}
        shapes[f"blk.{i}.ffn_down"] = (_WIDTH, _HIDDEN)
    for name, shape in shapes.items():
        writer.add_tensor(f"{name}.weight", random.normal(0, 0.3, shape).astype(np.float32))
    for name in ("output_norm", *(f"blk.{i}.{norm}" for i in range(_LAYERS) for norm in ("attn_norm", "ffn_norm"))):
        writer.add_tensor(f"{name}.weight", np.ones(_WIDTH, np.float32))
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()


def _add_vocabulary(writer: gguf.GGUFWriter) -> int:
    """Three control tokens, 256 bytes, the printable ASCII characters and a space; how many that are."""
    control = [("<unk>", gguf.TokenType.UNKNOWN), ("<s>", gguf.TokenType.CONTROL), ("</s>", gguf.TokenType.CONTROL)]
    single = [(f"<0x{i:02X}>", gguf.TokenType.BYTE) for i in range(256)]
    printed = [(char, gguf.TokenType.NORMAL) for char in ("\u2581", *map(chr, range(33, 127)))]
    tokens = [*control, *single, *printed]
    writer.add_tokenizer_model("llama")
    writer.add_token_list([text for text, _ in tokens])
    writer.add_token_scores([-float(i) for i in range(len(tokens))])
    writer.add_token_types([kind for _, kind in tokens])
    writer.add_bos_token_id(1)
    writer.add_eos_token_id(2)
    writer.add_unk_token_id(0)
    writer.add_vocab_size(len(tokens))
    return len(tokens)


@contextmanager
def llama_server(folder: Path) -> Iterator[str]:
    """Run it on a tiny model on the loopback; gives its base URL."""
    program, port = binary(), free_port()
    write_model(folder / "tiny.gguf")
    options = {"--model": folder / "tiny.gguf", "--port": port, "--ctx-size": CONTEXT_TOKENS, "--parallel": 1}
    command = [
        str(program),
        "--host",
        "127.0.0.1",
        "--threads",
        "1",
        *(str(x) for pair in options.items() for x in pair),
    ]
    with (folder / "llama.log").open("wb") as log:
        process = subprocess.Popen(command, stdout=log, stderr=log)
    try:
        _wait(process, f"http://127.0.0.1:{port}/health", folder / "llama.log")
        yield f"http://127.0.0.1:{port}/v1"
    finally:
        process.terminate()
        process.wait(timeout=30)


def _wait(process: "subprocess.Popen[bytes]", url: str, log: Path) -> None:
    for _ in range(600):
        assert process.poll() is None, log.read_text(errors="replace")[-2000:]
        try:
            with urllib.request.urlopen(url, timeout=5) as answer:
                if answer.status == 200:
                    return
        except (urllib.error.URLError, TimeoutError):
            pass
        time.sleep(0.05)
    pytest.fail(log.read_text(errors="replace")[-2000:])
