"""From a training run to the files of an artefact."""

from models import artefact, manifest, pictures
from models.card import model_card
from models.data.catalogue import CATALOGUE
from models.data.labelled import Labelled
from models.manifest import Manifest, TrainingData
from models.training.run import Trained


def package(
    trained: Trained, rows: Labelled, *, name: str, data_name: str, licence: str, notes: str
) -> dict[str, bytes]:
    """Name and content of each file.

    Args:
        name: the artefact's.
        data_name: what the rows are called, for manifest and card.
        licence: of the rows.
        notes: Markdown for the card: what the rows are, what the classifier is for, its limits. May be empty.
    """
    weights, vocabulary = artefact.pack_weights(trained.weights), trained.reader.vocabulary.to_bytes()
    described = Manifest(
        format=manifest.FORMAT,
        name=name,
        version=artefact.sha256(weights)[:12],
        task=trained.recipe.task,
        architecture=trained.recipe.architecture,
        hyperparameters=trained.recipe.hyperparameters,
        labels=trained.recipe.labels,
        preprocessing=trained.reader.how,
        calibration=trained.calibration,
        data=TrainingData(
            name=data_name,
            licence=licence,
            file=rows.file,
            sha256=rows.sha256,
            data_set=rows.name if rows.name in CATALOGUE else None,
            text_column=rows.columns.text,
            rating_column=rows.columns.rating,
            title_column=rows.columns.title,
            product_column=rows.columns.product,
            time_column=rows.columns.time,
            target=rows.scale.target,
            rows=len(rows.reviews),
            skipped=rows.skipped,
            bad_share=float(rows.bad.mean()),
        ),
        split=trained.split,
        training=trained.training,
        results=trained.results,
        files={
            artefact.WEIGHTS: artefact.sha256(weights),
            artefact.VOCABULARY: artefact.sha256(vocabulary),
        },
    )
    of_test = f"{name}: {described.split.test:,} test reviews, split {described.split.kind}"
    files = {
        artefact.WEIGHTS: weights,
        artefact.VOCABULARY: vocabulary,
        artefact.MANIFEST: manifest.encode(described),
        "MODEL_CARD.md": model_card(described, notes).encode(),
        "learning-curves.png": pictures.learning_curves(described.training, f"{name}: learning curves"),
        "confusion-matrix.png": pictures.confusion_matrix(described.results.shipped, of_test),
    }
    return files | {"NOTES.md": notes.encode()} if notes else files
