"""``gru-app``: reviews of apps to 1 to 5 stars, on lemmas."""

from typing import Final

from models.architectures.architecture import Architecture, Fitting
from models.architectures.recurrent import grus
from models.architectures.sizes import Hyperparameters, Rate, Width
from models.manifest import Preprocessing


class GruApp(Hyperparameters, frozen=True, kw_only=True):
    """Sizes of ``gru-app``. The source says how its texts are prepared and no sizes: these are ours."""

    embedding: Width = 64
    units: tuple[Width] = (64,)
    dropouts: tuple[Rate, Rate] = (0.3, 0.2)


GRU_APP: Final = Architecture(
    name="gru-app",
    summary="stars of apps: one GRU layer over lemmas",
    network=grus,
    hyperparameters=GruApp(),
    # 95 of 100 app reviews have at most 87 words.
    preprocessing=Preprocessing(num_words=5_000, length=100, cut="front", pad="front", lemmas="simplemma"),
    fitting=Fitting(learning_rate=1e-3),
    task="stars",
)
