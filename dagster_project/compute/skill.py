"""Whether a probability learned from history deserves to be shown; one judge for all of them.

A probability is fitted on rows that were known before the rows it is tested on, compared with
chance and with the base rate, and called without skill where it does not beat both. What a row
means (a term, a customer in a month) is not known here.
"""

from dataclasses import dataclass
from datetime import date
from math import sqrt
from typing import TYPE_CHECKING, Any

import polars as pl

if TYPE_CHECKING:
    import numpy as np

BLOCKS = 8  # of a history, each predicted from what was known when it began
LEAST_TRAIN_EVENTS = 20  # of the rarer outcome
LEAST_TEST_EVENTS = 10
BINS = 10  # of the reliability curve, with equally many rows
TOP_SHARE = 0.1  # of the rows, whose lift is told
STANDARD_ERRORS = 1.96
SEED = 20261123
NOTICEABLE = 0.05  # log-odds below which a feature is not named: about one point of 50 %

TOO_LITTLE = "too_little_history"
CHANCE = "auc_not_better_than_chance"
BASE_RATE = "brier_not_better_than_base_rate"

HELD_BACK_SCHEMA = pl.Schema(
    {
        "row": pl.Int64(),
        "read_on": pl.Date(),
        "y": pl.Int64(),
        "p": pl.Float64(),
        "base_p": pl.Float64(),
    }
)


@dataclass(frozen=True)
class Verdict:
    """Figures of the held-back rows. None where they cannot be told; `reason` is null with skill.

    auc_error: standard error of the AUC. base_brier: Brier score of the base rate of the training
    rows. brier_skill: 1 − brier / base_brier. lift: share of events among the top tenth over the
    share among all.
    """

    row_count: int
    event_count: int
    auc: float | None = None
    auc_error: float | None = None
    brier: float | None = None
    base_brier: float | None = None
    brier_skill: float | None = None
    lift: float | None = None
    reason: str | None = None

    @property
    def has_skill(self) -> bool:
        return self.reason is None


class Learned:
    """A calibrated logistic regression on standardised features, fitted once."""

    def __init__(self, model: Any, columns: dict[str, list[str]]) -> None:
        self._model = model
        self._columns = columns

    def predict(self, features: pl.DataFrame) -> "np.ndarray":
        """Calibrated probabilities, one per row."""
        from threadpoolctl import threadpool_limits

        with threadpool_limits(1):
            return self._model.predict_proba(_prepared(features))[:, 1]

    def contributions(self, features: pl.DataFrame) -> pl.DataFrame:
        """Log-odds by feature (columns) against the mean of the training rows, one row each.

        What a feature's missing indicator or its categories add is counted with the feature. Before
        calibration, which stretches all of them alike.
        """
        import numpy as np

        pipeline = self._model.calibrated_classifiers_[0].estimator
        transform, regression = (
            pipeline.named_steps["transform"],
            pipeline.named_steps["regression"],
        )
        parts = transform.transform(_prepared(features)) * regression.coef_[0]
        owners = np.array(_owners(transform, self._columns))
        names = [*self._columns["numeric"], *self._columns["text"]]
        return pl.DataFrame({name: parts[:, owners == name].sum(axis=1) for name in names})


def fit(features: pl.DataFrame, labels: "np.ndarray") -> Learned:
    """Logistic regression (ridge) with imputed medians, missing indicators and one-hot texts.

    Calibrated by a sigmoid (Platt) on predictions for rows that its own fit had not seen. Every
    step is fitted on these rows alone. Raises ValueError when an outcome is missing altogether.
    """
    from sklearn.calibration import CalibratedClassifierCV
    from sklearn.compose import ColumnTransformer
    from sklearn.impute import SimpleImputer
    from sklearn.linear_model import LogisticRegression
    from sklearn.model_selection import StratifiedKFold
    from sklearn.pipeline import Pipeline
    from sklearn.preprocessing import OneHotEncoder, StandardScaler
    from threadpoolctl import threadpool_limits

    prepared = _prepared(features)
    columns = {
        "numeric": [name for name, kind in prepared.schema.items() if kind == pl.Float64],
        "text": [name for name, kind in prepared.schema.items() if kind == pl.String],
    }
    impute = SimpleImputer(strategy="median", add_indicator=True, keep_empty_features=True)
    numeric = Pipeline([("impute", impute), ("scale", StandardScaler())])
    # a category seen in fewer than ten rows is judged with the other rare ones
    encode = OneHotEncoder(
        handle_unknown="infrequent_if_exist",
        min_frequency=10,
        sparse_output=False,
        feature_name_combiner=lambda feature, category: feature,
    )
    text = Pipeline([("encode", encode), ("center", StandardScaler(with_std=False))])
    transform = ColumnTransformer(
        [("numeric", numeric, columns["numeric"]), ("text", text, columns["text"])]
    )
    regression = LogisticRegression(C=1.0, max_iter=1000)
    folds = min(5, int(min(labels.sum(), len(labels) - labels.sum())))
    model = CalibratedClassifierCV(
        Pipeline([("transform", transform), ("regression", regression)]),
        method="sigmoid",
        cv=StratifiedKFold(folds, shuffle=True, random_state=SEED),
        ensemble=False,
    )
    with threadpool_limits(1):  # sums in one order: the same figures on every machine
        return Learned(model.fit(prepared, labels), columns)


def predict_out_of_time(
    features: pl.DataFrame,
    labels: "np.ndarray",
    read_on: pl.Series,
    known_on: pl.Series,
) -> pl.DataFrame:
    """One row (HELD_BACK_SCHEMA) per row that outcomes known before it could predict.

    read_on: the day up to which a row's features were read. known_on: the day its outcome could be
    known. The rows fall into at most BLOCKS blocks by read_on; each is predicted by a fit on what
    was known when the block began, and left out where that is too little.
    """
    import numpy as np

    read, known = read_on.to_numpy(), known_on.to_numpy()
    days = np.sort(read)
    starts = sorted(
        {days[len(days) * block // BLOCKS] for block in range(BLOCKS if len(days) else 0)}
    )
    found = [pl.DataFrame(schema=HELD_BACK_SCHEMA)]
    for start, end in zip(starts, [*starts, None][1:], strict=True):
        train = known <= start
        if not has_events(labels[train], LEAST_TRAIN_EVENTS):
            continue
        rows = np.flatnonzero((read >= start) & ((read < end) if end is not None else True))
        p = fit(features.filter(train), labels[train]).predict(features[rows])
        found.append(
            pl.DataFrame(
                {
                    "row": rows,
                    "read_on": read_on.gather(rows),
                    "y": labels[rows],
                    "p": p,
                    "base_p": np.full(len(rows), labels[train].mean()),
                }
            ).cast(dict(HELD_BACK_SCHEMA))
        )
    return pl.concat(found)


def predict_by_fold(features: pl.DataFrame, labels: "np.ndarray", folds: int = 5) -> pl.DataFrame:
    """HELD_BACK_SCHEMA (read_on null) for rows that were all read on one day.

    Without days nothing can come before; what is held back is held back from every step of the fit.
    """
    import numpy as np
    from sklearn.model_selection import StratifiedKFold

    p, base_p = np.zeros(len(labels)), np.zeros(len(labels))
    split = StratifiedKFold(folds, shuffle=True, random_state=SEED).split(labels, labels)
    for train, test in split:
        p[test] = fit(features[train], labels[train]).predict(features[test])
        base_p[test] = labels[train].mean()
    rows = range(len(labels))
    none: list[date | None] = [None] * len(labels)
    return pl.DataFrame(
        {"row": rows, "read_on": none, "y": labels, "p": p, "base_p": base_p},
        schema=HELD_BACK_SCHEMA,
        strict=False,
    )


def judge(held_back: pl.DataFrame) -> Verdict:
    """The figures of held-back predictions, and why they have no skill.

    AUC with the standard error of Hanley & McNeil (1982); it has to be above 0.5 by 1.96 of them,
    and the Brier score below that of the base rate.
    """
    labels, p, base_p = (held_back[name].to_numpy() for name in ("y", "p", "base_p"))
    rows, events = len(labels), int(labels.sum())
    if not has_events(labels, LEAST_TEST_EVENTS):
        return Verdict(rows, events, reason=TOO_LITTLE)
    from sklearn.metrics import brier_score_loss, roc_auc_score

    auc = float(roc_auc_score(labels, p))
    error = auc_error(auc, events, rows - events)
    brier = float(brier_score_loss(labels, p))
    base_brier = float(brier_score_loss(labels, base_p))
    reason = None
    if auc - STANDARD_ERRORS * error <= 0.5:
        reason = CHANCE
    elif brier >= base_brier:
        reason = BASE_RATE
    top = max(1, round(rows * TOP_SHARE))
    return Verdict(
        row_count=rows,
        event_count=events,
        auc=auc,
        auc_error=error,
        brier=brier,
        base_brier=base_brier,
        brier_skill=1 - brier / base_brier,
        lift=precision_at(held_back, top) / (events / rows),
        reason=reason,
    )


def auc_error(auc: float, events: int, others: int) -> float:
    """Standard error of an AUC from the numbers of both outcomes (Hanley & McNeil 1982, eq. 2)."""
    q1, q2 = auc / (2 - auc), 2 * auc**2 / (1 + auc)
    spread = auc * (1 - auc) + (events - 1) * (q1 - auc**2) + (others - 1) * (q2 - auc**2)
    return sqrt(max(spread, 0) / (events * others))


def precision_at(held_back: pl.DataFrame, k: int) -> float:
    """Share of events among the k rows with the highest p; among all rows where k is more."""
    return float(held_back.sort("p", "row", descending=[True, False]).head(k)["y"].mean())


def reliability(held_back: pl.DataFrame) -> pl.DataFrame:
    """One row per bin (bin from 1, row_count, event_count, mean_p, event_rate), lowest p first.

    Bins hold equally many rows; equal probabilities stay in one bin.
    """
    rank = pl.col("p").rank("max").cast(pl.Int64)
    return (
        held_back.with_columns(((rank * BINS - 1) // pl.len() + 1).alias("bin"))
        .group_by("bin")
        .agg(
            pl.len().cast(pl.Int64).alias("row_count"),
            pl.col("y").sum().alias("event_count"),
            pl.col("p").mean().alias("mean_p"),
            pl.col("y").mean().alias("event_rate"),
        )
        .sort("bin")
    )


def strongest(parts: pl.DataFrame, most: int, *, sign: int) -> pl.Series:
    """Per row the columns that move it most towards `sign` (1 up, −1 down), by comma; or null."""
    rows = []
    for values in parts.iter_rows():
        moved = sorted(
            (-sign * value, name) for value, name in zip(values, parts.columns, strict=True)
        )
        rows.append(",".join(name for value, name in moved[:most] if value < -NOTICEABLE) or None)
    return pl.Series(rows, dtype=pl.String)


def has_events(labels: "np.ndarray", least: int) -> bool:
    """Whether both outcomes were seen at least so often."""
    return bool(min(labels.sum(), len(labels) - labels.sum()) >= least) if len(labels) else False


def _prepared(features: pl.DataFrame) -> pl.DataFrame:
    """Texts without nulls, everything else as floats with nulls."""
    return features.with_columns(
        pl.col(name).fill_null("") if kind == pl.String else pl.col(name).cast(pl.Float64)
        for name, kind in features.schema.items()
    )


def _owners(transform: Any, columns: dict[str, list[str]]) -> list[str]:
    """The feature that each column of the fitted transformer belongs to."""
    owners: list[str] = []
    if columns["numeric"]:
        impute = transform.named_transformers_["numeric"].named_steps["impute"]
        owners += columns["numeric"]
        owners += [columns["numeric"][index] for index in impute.indicator_.features_]
    if columns["text"]:
        encode = transform.named_transformers_["text"].named_steps["encode"]
        owners += list(encode.get_feature_names_out(columns["text"]))
    return owners
