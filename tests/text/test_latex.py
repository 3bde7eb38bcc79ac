import time

import pytest

from pipeline.text.latex import plain


@pytest.mark.parametrize(
    ("written", "read"),
    [
        (r"Schr\"odinger, Poincar\'e and Erd\H{o}s", "Schrödinger, Poincaré and Erdős"),
        (r"{\L}ukasz Ko{\v s}ek, Fran\c{c}ois, {\'E}cole, na\"{\i}ve", "Łukasz Košek, François, École, naïve"),
        (r"\emph{Deep} \textbf{and \textit{wide}} nets", "Deep and wide nets"),
        (r"gains 95.2\% on A\&B", "gains 95.2% on A&B"),
        (r"$\alpha$-divergence with $\beta_{0} \leq 0.1$", "α-divergence with β_0 ≤ 0.1"),
        (r"$\mathcal{O}(n^{2})$ in pass@$k$", "O(n^2) in pass@k"),
        (r"a 2.3$\times$ speed-up at 90$^\circ$", "a 2.3× speed-up at 90°"),
        (r"\pi0 and $\pi_{0.5}$", r"\pi0 and $\pi_{0.5}$"),
        (r"$\sum_{i} \frac{1}{m_i}$ stays", r"$\sum_{i} \frac{1}{m_i}$ stays"),
        ("it costs $5 and then $10", "it costs $5 and then $10"),
        (r"from \$5 to \$10", "from $5 to $10"),
        ("$5-$10 a month", "$5-$10 a month"),
        ("``Attention'' is all", "“Attention” is all"),
        ("`code` and a {set}", "`code` and a {set}"),
        ("where $a<b$ holds", "where a<b holds"),
        ("", ""),
    ],
)
def test_what_is_simple_becomes_readable_and_the_rest_stays(written: str, read: str) -> None:
    assert plain(written) == read
    assert plain(read) == read


@pytest.mark.parametrize("part", ["$", "\\", "{", r"\emph{", "``", "$a", r"\'", r"\v ", "{a"])
def test_hostile_text_takes_no_time(part: str) -> None:
    start = time.perf_counter()
    plain(part * 100_000)
    assert time.perf_counter() - start < 2
