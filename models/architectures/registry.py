"""Every architecture by its name."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any, Final

from models.architectures.architecture import Architecture
from models.architectures.bilstm_sequence import BILSTM_SEQUENCE
from models.architectures.cnn_lstm import CNN_LSTM
from models.architectures.errors import UnknownArchitecture
from models.architectures.gru_app import GRU_APP
from models.architectures.imdb import IMDB_CNN_LSTM, IMDB_LSTM
from models.architectures.recurrent import GRU_1, GRU_2, GRU_4, LSTM_2
from models.architectures.wide_deep import WIDE_DEEP

_ALL: Final[tuple[Architecture[Any], ...]] = (
    CNN_LSTM, IMDB_LSTM, IMDB_CNN_LSTM, LSTM_2, GRU_1, GRU_2, GRU_4, GRU_APP, BILSTM_SEQUENCE, WIDE_DEEP,
)  # fmt: skip

ARCHITECTURES: Final[Mapping[str, Architecture[Any]]] = MappingProxyType({found.name: found for found in _ALL})


def find(name: str) -> Architecture[Any]:
    """The architecture of that name.

    Raises:
        UnknownArchitecture: there is none.
    """
    try:
        return ARCHITECTURES[name]
    except KeyError:
        raise UnknownArchitecture(name, ARCHITECTURES) from None
