"""Learns pipeline/verify/learned.json: ``python -m benchmarks._verify_learning ../shared/data/faithfulness [--write]``.

Two logistic regressions (L2, Newton's method, Platt's scaling: Platt 1999) on what ``pipeline.verify.parts`` counts:
one of sentences, one of summaries. Every figure is of rows whose source was not learned from.
"""

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import click
import numpy as np
from numpy.typing import NDArray

from pipeline.verify import combine, support
from pipeline.verify.engine import CHECKS
from pipeline.verify.nearest import told
from pipeline.verify.parts import OF_SENTENCE, OF_SUMMARY, parts, sentences, summary_parts
from pipeline.verify.sources import Passage, Sources

FILE = Path(combine.__file__).with_name("learned.json")
LEARNED_FROM = "ragtruth_summary.jsonl"
BESIDE = {"faithbench.jsonl": 0.2, "qags_xsum.jsonl": 0.2}
"""Sets of other kinds of text and how much a row of theirs counts; each has a base rate of its own."""

L2 = 30.0
FOLDS = 5
ROUNDS = 10
_STEPS = 20
_DIGITS = 4
Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True, kw_only=True)
class Table:
    """Rows of one set: parts (shape rows x names), labels (1 = supported), and which source each has."""

    x: Floats
    y: Floats
    source: tuple[int, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Fit:
    """Weights for parts as they are (not scaled), as ``combine.Model`` takes them."""

    bias: float
    weights: Floats

    def odds(self, x: Floats) -> Floats:
        return x @ self.weights + self.bias


def tables(path: Path) -> tuple[Table, Table]:
    """(sentences, summaries) of a file of labelled summaries; in a wrong one, a sentence is wrong where a
    span touches it (all are where there are no spans)."""
    by_sentence: list[tuple[list[float], float, int]] = []
    by_summary: list[tuple[list[float], float, int]] = []
    known: dict[str, int] = {}
    for row in map(json.loads, path.read_text(encoding="utf-8").splitlines()):
        source = known.setdefault(row["source"], len(known))
        sources, text = Sources([Passage(item_id="s", text=row["source"])]), row["summary"]
        spans = [(s["start"], s["end"]) for s in row.get("spans", ())]
        rows = []
        for start, end in sentences(text):
            rows.append(parts(text[start:end], sources.once(told))[0])
            wrong = row["label"] and (not spans or any(a < end and start < b for a, b in spans))
            by_sentence.append(([rows[-1][name] for name in OF_SENTENCE], 1.0 - bool(wrong), source))
        if rows:
            found = [(c.METHOD, f) for c in CHECKS if c is not support for f in c.check(text, sources)]
            whole = summary_parts(rows, found)
            by_summary.append(([whole[name] for name in OF_SUMMARY], 1.0 - row["label"], source))
    return _table(by_sentence), _table(by_summary)


def _table(rows: Sequence[tuple[list[float], float, int]]) -> Table:
    return Table(
        x=np.array([x for x, _, _ in rows]), y=np.array([y for _, y, _ in rows]), source=tuple(s for _, _, s in rows)
    )


def fit(main: Table, beside: Sequence[tuple[Table, float]] = (), l2: float = L2) -> Fit:
    """Logistic regression on ``main`` and, weighed, the tables beside it, each with a bias of its own."""
    x = np.vstack([main.x, *(t.x for t, _ in beside)])
    y = np.concatenate([main.y, *(t.y for t, _ in beside)])
    weight = np.concatenate([np.ones(len(main.y)), *(np.full(len(t.y), w) for t, w in beside)])
    mean, scale = main.x.mean(axis=0), main.x.std(axis=0) + 1e-9
    biases = np.zeros((len(y), 1 + len(beside)))
    biases[:, 0] = 1
    at = len(main.y)
    for column, (table, _) in enumerate(beside, start=1):
        biases[at : at + len(table.y), column] = 1
        at += len(table.y)
    scaled = np.hstack([(x - mean) / scale, biases])
    penalty = np.full(scaled.shape[1], l2)
    penalty[x.shape[1] :] = 1e-3
    w = np.zeros(scaled.shape[1])
    for _ in range(_STEPS):
        p = 1 / (1 + np.exp(-scaled @ w))
        curve = (scaled.T * (weight * p * (1 - p))) @ scaled + np.diag(penalty)
        w += np.linalg.solve(curve, scaled.T @ (weight * (y - p)) - penalty * w)
    weights = w[: x.shape[1]] / scale
    return Fit(bias=float(w[x.shape[1]] - weights @ mean), weights=weights)


def folds(table: Table, seed: int) -> Iterator[tuple[NDArray[np.bool_], NDArray[np.bool_]]]:
    """(rows to learn from, rows to measure on), ``FOLDS`` times; a source is never in both."""
    known = sorted(set(table.source))
    fold = dict(zip(known, np.random.default_rng(seed).permutation(len(known)) % FOLDS, strict=True))
    of = np.array([fold[s] for s in table.source])
    for number in range(FOLDS):
        yield of != number, of == number


def crossed(table: Table, beside: Sequence[tuple[Table, float]], seed: int) -> Floats:
    """The log-odds of each row by weights that did not see its source."""
    odds = np.zeros(len(table.y))
    for learn, measure in folds(table, seed):
        chosen = Table(x=table.x[learn], y=table.y[learn], source=tuple(np.array(table.source)[learn].tolist()))
        odds[measure] = fit(chosen, beside).odds(table.x[measure])
    return odds


def scaling(odds: Floats, y: Floats) -> tuple[float, float]:
    """(slope, offset) that make log-odds of rows not learned from probabilities: Platt 1999, without his priors."""
    found = fit(Table(x=odds[:, None], y=y, source=()), l2=1e-6)
    return float(found.weights[0]), found.bias


def auc(y: Floats, odds: Floats) -> float:
    """The chance that a supported row has higher odds than another; ties count half (Mann-Whitney)."""
    right, wrong = odds[y == 1][:, None], odds[y == 0][None]
    return float((right > wrong).mean() + (right == wrong).mean() / 2)


def f1(y: Floats, flagged: NDArray[np.bool_]) -> float:
    """F1 of finding the rows that are not supported."""
    return float(2 * (flagged & (y == 0)).sum() / max(1, flagged.sum() + (y == 0).sum()))


def best_cut(y: Floats, rounds: Sequence[Floats]) -> float:
    """The probability, in steps of .005, below which flagging gives the best F1 on the mean of all rounds."""
    cuts = np.arange(0.005, 1, 0.005)
    return float(cuts[np.argmax([np.mean([f1(y, p < cut) for p in rounds]) for cut in cuts])])


def learn(folder: Path) -> tuple[dict[str, Any], dict[str, float]]:
    """(the content of learned.json, figures by cross-validation, each the mean of ``ROUNDS`` rounds)."""
    main = tables(folder / LEARNED_FROM)
    beside = [(tables(folder / name), weight) for name, weight in BESIDE.items()]
    sentence, odds = _calibrated(main[0], [(t[0], w) for t, w in beside])
    figures = {"sentence: AUC": float(np.mean([auc(main[0].y, o) for o in odds]))}
    summary, odds = _calibrated(main[1], [(t[1], w) for t, w in beside])
    y, chances = main[1].y, [1 / (1 + np.exp(-o)) for o in odds]
    cut = round(best_cut(y, chances), 3)
    figures |= {
        "summary: AUC": float(np.mean([auc(y, o) for o in odds])),
        "summary: F1": float(np.mean([f1(y, p < cut) for p in chances])),
        "summary: mean probability of a supported one": float(np.mean([p[y == 1].mean() for p in chances])),
        "summary: mean probability of another": float(np.mean([p[y == 0].mean() for p in chances])),
    }
    raw = {"sentence": _weights(sentence, OF_SENTENCE), "summary": _weights(summary, OF_SUMMARY)}
    return {**raw, "flags": {"summary_below": cut}}, figures


def _calibrated(main: Table, beside: Sequence[tuple[Table, float]]) -> tuple[Fit, list[Floats]]:
    """The fit on all rows, and in each round the log-odds of rows that were not learned from, both by Platt's scale."""
    odds = [crossed(main, beside, seed) for seed in range(ROUNDS)]
    slope, offset = np.mean([scaling(o, main.y) for o in odds], axis=0)
    found = fit(main, beside)
    scaled = Fit(bias=float(slope * found.bias + offset), weights=slope * found.weights)
    return scaled, [slope * o + offset for o in odds]


def _weights(found: Fit, names: Sequence[str]) -> dict[str, float]:
    weights = zip(names, found.weights, strict=True)
    return {"bias": round(found.bias, _DIGITS)} | {name: round(float(w), _DIGITS) for name, w in weights}


@click.command()
@click.argument("folder", type=click.Path(exists=True, file_okay=False, path_type=Path))
@click.option("--write", is_flag=True, help="Put what was learned into pipeline/verify/learned.json.")
def main(folder: Path, *, write: bool) -> None:
    """Learn, and print how well it tells supported from other sentences and summaries."""
    raw, figures = learn(folder)
    for name, figure in figures.items():
        click.echo(f"{name:<50} {figure:.3f}")
    if write:
        note = {"about": f"docs/checking.md; AUC by cross-validation {figures['summary: AUC']:.3f}"}
        FILE.write_text(json.dumps(note | raw, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
