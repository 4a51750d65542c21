"""English words that say little by themselves. A text in another language keeps all of its own."""

from typing import Final

_NEGATIONS: Final = """
not no never nor without cannot hardly barely nothing none dont doesnt didnt isnt arent wasnt werent wont cant couldnt
wouldnt shouldnt hasnt havent hadnt aint
"""

_OTHERS: Final = """
a about after again all also am an and any are as at be because been before being between both but by can could did do
does doing during each even ever every few for from further get gets getting go goes going got had has have having he
her here hers herself him himself his how i if in into is it its itself just let like lot lots made make many may maybe
me might more most much must my myself now of on once one only or other our ours ourselves over own per put quite rather
really same say says she should since so some still such than that the their theirs them themselves then there these
they thing things this those though through thus to under until upon us use used using very via was way we well were
what when where which while who whom whose why will with within would yet you your yours yourself yourselves
i'm i've i'd i'll he's she's it's that's there's here's what's who's let's you're you've you'd you'll we're we've we'd
we'll they're they've they'd they'll im ive youre theyre thats
"""

NEGATIONS: Final = frozenset(_NEGATIONS.split())
"""With what they deny they are a phrase: "not good". So is any word that ends in "n't"."""

PARTICLES: Final = frozenset(["off", "out", "up", "down"])
"""Behind a verb they are a phrase: "fell off", "broke down"."""

DEGREES: Final = frozenset(["too"])
"""Before an adjective they are a phrase: "too small" is a complaint, where "small" may be none."""

STOP_WORDS: Final = NEGATIONS | PARTICLES | DEGREES | frozenset(_OTHERS.split())
"""Left out as single words. Those that are neither negation, particle nor degree end a phrase, too."""


def denies(word: str) -> bool:
    """Whether a word denies what follows it."""
    return word in NEGATIONS or word.endswith("n't")


def stops(word: str) -> bool:
    """Whether a word says nothing by itself."""
    return word in STOP_WORDS or word.endswith("n't")


def opens(word: str) -> bool:
    """Whether a word says something together with the one behind it."""
    return not stops(word) or denies(word) or word in DEGREES


def closes(word: str) -> bool:
    """Whether a word says something together with the one before it."""
    return not stops(word) or word in PARTICLES
