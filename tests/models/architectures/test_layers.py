"""Every network layer by layer as it was published: names, order, rates, and parameters worked out by hand."""

from typing import Any

import pytest

from models.architectures.registry import ARCHITECTURES, find
from models.runtime import keras

# (layer, parameters); an embedding has words x dimensions, a convolution width x channels x filters + filters, an
# LSTM 4 x (inputs x units + units x units + units), a GRU 3 x (inputs x units + units x units + 2 x units).
LAYERS = {
    "cnn-lstm": [
        ("Embedding", 20_000 * 50),
        ("Conv1D", 5 * 50 * 64 + 64), ("MaxPooling1D", 0), ("Dropout", 0),
        ("Conv1D", 5 * 64 * 64 + 64), ("MaxPooling1D", 0), ("Dropout", 0),
        ("LSTM", 4 * (64 * 64 + 64 * 64 + 64)),
    ],
    "imdb-lstm": [
        ("Embedding", 10_000 * 32), ("SpatialDropout1D", 0), ("LSTM", 4 * (32 * 100 + 100 * 100 + 100)),
    ],
    "imdb-cnn-lstm": [
        ("Embedding", 10_000 * 32), ("Conv1D", 5 * 32 * 64 + 64), ("MaxPooling1D", 0), ("SpatialDropout1D", 0),
        ("LSTM", 4 * (64 * 100 + 100 * 100 + 100)),
    ],
    "lstm-2": [
        ("Embedding", 5_000 * 100), ("Dropout", 0), ("LSTM", 4 * (100 * 64 + 64 * 64 + 64)), ("Dropout", 0),
        ("LSTM", 4 * (64 * 128 + 128 * 128 + 128)), ("Dropout", 0),
    ],
    "gru-1": [
        ("Embedding", 5_000 * 100), ("Dropout", 0), ("GRU", 3 * (100 * 256 + 256 * 256 + 2 * 256)), ("Dropout", 0),
    ],
    "gru-2": [
        ("Embedding", 5_000 * 100), ("Dropout", 0), ("GRU", 3 * (100 * 8 + 8 * 8 + 2 * 8)), ("Dropout", 0),
        ("GRU", 3 * (8 * 16 + 16 * 16 + 2 * 16)), ("Dropout", 0),
    ],
    "gru-4": [
        ("Embedding", 5_000 * 100), ("Dropout", 0), ("GRU", 3 * (100 * 8 + 8 * 8 + 2 * 8)), ("Dropout", 0),
        ("GRU", 3 * (8 * 32 + 32 * 32 + 2 * 32)), ("Dropout", 0),
        ("GRU", 3 * (32 * 32 + 32 * 32 + 2 * 32)), ("Dropout", 0),
        ("GRU", 3 * (32 * 32 + 32 * 32 + 2 * 32)), ("Dropout", 0),
    ],
    "gru-app": [("Embedding", 5_000 * 64), ("Dropout", 0), ("GRU", 3 * (64 * 64 + 64 * 64 + 2 * 64)), ("Dropout", 0)],
    "bilstm-sequence": [
        ("Embedding", 5_000 * 32),
        ("Bidirectional", 2 * 4 * (32 * 40 + 40 * 40 + 40)),
        ("Bidirectional", 2 * 4 * (80 * 40 + 40 * 40 + 40)),
        ("Bidirectional", 2 * 4 * (80 * 80 + 80 * 80 + 80)),
    ],
    "wide-deep": [
        ("Embedding", 20_000 * 100), ("Dropout", 0),
        ("Conv1D", 2 * 100 * 64 + 64), ("Conv1D", 3 * 100 * 64 + 64), ("Conv1D", 4 * 100 * 64 + 64),
        ("GlobalMaxPooling1D", 0), ("GlobalMaxPooling1D", 0), ("GlobalMaxPooling1D", 0),
        ("Concatenate", 0), ("Dropout", 0), ("WideSums", 2 * 20_000 + 2 * 262_139), ("Concatenate", 0),
    ],
}  # fmt: skip

LAST_WIDTH = {
    "cnn-lstm": 64, "imdb-lstm": 100, "imdb-cnn-lstm": 100, "lstm-2": 128, "gru-1": 256, "gru-2": 16, "gru-4": 32,
    "gru-app": 64, "bilstm-sequence": 160, "wide-deep": 3 * 64 + 100 + 1,
}  # fmt: skip


def build(name: str, classes: int) -> Any:
    how = find(name).preprocessing
    return find(name).build(classes, num_words=how.num_words, length=how.length)


def test_every_architecture_stands_here() -> None:
    assert set(LAYERS) == set(ARCHITECTURES)


@pytest.mark.parametrize("classes", [2, 5])
@pytest.mark.parametrize("name", LAYERS)
def test_layers_and_parameters_are_those_published(name: str, classes: int) -> None:
    model = build(name, classes)
    one_unit = classes == 2 and name.startswith("imdb")
    units = 1 if one_unit else classes
    expected = [("InputLayer", 0), *LAYERS[name], ("Dense", LAST_WIDTH[name] * units + units)]
    found = [(type(layer).__name__, layer.count_params()) for layer in model.layers]
    # Masking adds operations without weights to the graph; they are not layers of the architecture.
    assert [layer for layer in found if layer[0] in {kind for kind, _ in expected}] == expected
    assert sum(parameters for _, parameters in found) == sum(parameters for _, parameters in expected)
    assert model.layers[-1].activation.__name__ == ("sigmoid" if one_unit else "softmax")
    assert model.loss == ("binary_crossentropy" if one_unit else "categorical_crossentropy")
    assert type(model.optimizer).__name__ == "Adam"


def rates(model: Any) -> list[float]:
    return [layer.rate for layer in model.layers if isinstance(layer, keras.layers.Dropout)]


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("cnn-lstm", [0.2, 0.2]),
        ("imdb-lstm", [0.2]),
        ("imdb-cnn-lstm", [0.2]),
        ("lstm-2", [0.1, 0.3, 0.1]),
        ("gru-1", [0.3, 0.0]),
        ("gru-2", [0.1, 0.0, 0.2]),
        ("gru-4", [0.3, 0.0, 0.0, 0.0, 0.2]),
        ("wide-deep", [0.1, 0.5]),
    ],
)
def test_dropout_rates_are_those_published(name: str, expected: list[float]) -> None:
    assert rates(build(name, 5)) == expected


@pytest.mark.parametrize("name", ["imdb-lstm", "imdb-cnn-lstm"])
def test_the_film_networks_drop_inside_the_lstm_too(name: str) -> None:
    lstm = build(name, 2).get_layer("lstm")
    assert (lstm.dropout, lstm.recurrent_dropout) == (0.2, 0.2)


@pytest.mark.parametrize(("name", "rate"), [("imdb-lstm", 1e-3), ("lstm-2", 1e-3), ("gru-1", 1e-2), ("gru-4", 1e-2)])
def test_learning_rates_are_those_published(name: str, rate: float) -> None:
    assert float(build(name, 5).optimizer.learning_rate) == pytest.approx(rate)


def test_the_reference_has_the_weights_that_its_artefact_names() -> None:
    from models.architectures.weights import weights_of
    from models.artefact import locate, read

    shipped = read(locate("reference")).weights
    assert {n: a.shape for n, a in weights_of(build("cnn-lstm", 2)).items()} == {n: a.shape for n, a in shipped.items()}
