"""What is asked and answered about the words of one review."""

from typing import Annotated, Final, Literal

from pydantic import BaseModel, Field

from api.shapes import Label, ModelName, Ratio, Shape

MAX_WORDS: Final = 200
"""Words left out in turn. Of 25,000 product reviews 99.4 % have no more; each costs the classifier one more review."""

MAX_TEXT_CHARS: Final = 5_000
"""Read 201 times at most: a megabyte in all, some 50 ms of the one thread that classifies."""


class ExplainRequest(BaseModel):
    """A review whose score is to be explained."""

    text: Annotated[
        str,
        Field(min_length=1, max_length=MAX_TEXT_CHARS, examples=["The battery died, but the case is nice."]),
    ]
    title: Annotated[str | None, Field(max_length=1_000, examples=["Disappointed"])] = None


class WordEffect(Shape):
    """A word, and what it does to the score."""

    word: Annotated[str, Field(examples=["died"])]
    place: Annotated[Literal["title", "text"], Field(description="Where it stands.")]
    start: Annotated[int, Field(ge=0, description="Its first character in there, counted in Unicode code points.")]
    end: Annotated[int, Field(ge=0, description="The character after its last one.")]
    effect: Annotated[
        float,
        Field(description="Log-odds of P(good) with the word less those without it: above 0 it speaks for good."),
    ]


class Explanation(Shape):
    """What a tenant's model makes of a review, and of the review without each of its words."""

    model: ModelName
    method: Annotated[Literal["occlusion"], Field(description="Each word is left out in turn.")]
    p_good: Ratio
    label: Label
    reads_title: Annotated[bool, Field(description="Whether the model reads titles; else `words` has none of one.")]
    words: Annotated[
        list[WordEffect], Field(description=f"In reading order, the first {MAX_WORDS}; a repeated word once each time.")
    ]
    words_in_all: Annotated[int, Field(description="Words that the model is given, those left unexplained among them.")]
