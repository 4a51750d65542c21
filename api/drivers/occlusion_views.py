"""From a classifier's answers to an explanation of one. Pure."""

from collections.abc import Sequence

from api import shapes
from api.drivers import occlusion_shapes as explain_shapes
from api.drivers.occlusion import Word, effects
from api.views import label
from models.review import Review


def explanation(
    model: shapes.ModelName, review: Review, words: Sequence[Word], p_good: Sequence[float], *, titles: bool
) -> explain_shapes.Explanation:
    """What a model makes of a review.

    Args:
        model: which.
        review: the review.
        words: all of its words that the model is given.
        p_good: of the review, then of it without each of the first words.
        titles: whether the model reads them.
    """
    parts = {"title": review.title or "", "text": review.text}
    found = effects(p_good)
    return explain_shapes.Explanation(
        model=model,
        method="occlusion",
        p_good=round(p_good[0], 6),
        label=label(p_good[0]),
        reads_title=titles,
        words=[
            explain_shapes.WordEffect(
                word=parts[word.place][word.start : word.end],
                place=word.place,
                start=word.start,
                end=word.end,
                effect=round(effect, 4),
            )
            for word, effect in zip(words, found, strict=False)  # those beyond the first were not left out
        ],
        words_in_all=len(words),
    )
