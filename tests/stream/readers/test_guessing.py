"""Columns by their usual names."""

from unicodedata import normalize

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stream.readers.fields import FIELDS
from stream.readers.guessing import columns_of, delimiter_of
from stream.readers.rows import DATAFINITI


@pytest.mark.parametrize(
    ("header", "expected"),
    [
        (
            "text,product_id,occurred_at,rating",
            {"text=text", "product_id=product_id", "occurred_at=occurred_at", "rating=rating"},
        ),
        (
            "Review Text,Stars,Review Date,Product",
            {"text=Review Text", "product_id=Product", "occurred_at=Review Date", "rating=Stars"},
        ),
        (
            "reviewerID,asin,reviewText,overall,summary,unixReviewTime",
            {"text=reviewText", "product_id=asin", "occurred_at=unixReviewTime", "rating=overall", "title=summary"},
        ),
        (
            "reviewId,userName,content,score,at,appId",
            {"text=content", "product_id=appId", "occurred_at=at", "rating=score", "event_id=reviewId"},
        ),
        (
            ",Clothing ID,Age,Title,Review Text,Rating,Department Name",
            {
                "text=Review Text", "product_id=Clothing ID", "rating=Rating", "title=Title",
                "categories=Department Name",
            },
        ),
        ("review,sentiment", {"text=review"}),
        ("Date,Stars,Reviews,BankName", {"text=Reviews", "product_id=BankName", "occurred_at=Date", "rating=Stars"}),
        ("id,split,sentiment,rating,movie,review", {"text=review", "product_id=movie", "rating=rating"}),
        (
            "user_id,business_id,stars,text,date",
            {"text=text", "product_id=business_id", "occurred_at=date", "rating=stars"},
        ),
        ("name,comment,order id", {"text=comment", "product_id=name"}),
        ("Meinung,Note", {"text=Meinung"}),
        ("Note,Remarques", set()),
        ("Product Review,Avis produit,Kundenrezension", {"text=Avis produit"}),
        (
            "Überschrift;Bewertungstext;Sterne;Datum;Produkt;Marke;Kategorie;Sprache",
            {
                "title=Überschrift", "text=Bewertungstext", "rating=Sterne", "occurred_at=Datum", "product_id=Produkt",
                "brand=Marke", "categories=Kategorie", "language=Sprache",
            },
        ),
        (
            "Bewertung;Kommentar;Titel der Bewertung;Erstellt am;Artikelnr.;Artikelbezeichnung;Hersteller;Warengruppe",
            {
                "rating=Bewertung", "text=Kommentar", "title=Titel der Bewertung", "occurred_at=Erstellt am",
                "product_id=Artikelnr.", "product_name=Artikelbezeichnung", "brand=Hersteller",
                "categories=Warengruppe",
            },
        ),
        ("Produkt;Bewertung;Datum", {"product_id=Produkt", "text=Bewertung", "occurred_at=Datum"}),
        (
            "UEBERSCHRIFT;MEINUNG;VERÖFFENTLICHT AM;FILIALE;ANZAHL STERNE",
            {
                "title=UEBERSCHRIFT", "text=MEINUNG", "occurred_at=VERÖFFENTLICHT AM", "product_id=FILIALE",
                "rating=ANZAHL STERNE",
            },
        ),
        (
            "Titre de l'avis;Avis;Note;Date de publication;Nom du produit;Marque;Catégorie;Langue",
            {
                "title=Titre de l'avis", "text=Avis", "rating=Note", "occurred_at=Date de publication",
                "product_id=Nom du produit", "brand=Marque", "categories=Catégorie", "language=Langue",
            },
        ),
        (
            "id_avis;commentaire;nombre d’étoiles;date de l’avis;référence produit;Produit",
            {
                "event_id=id_avis", "text=commentaire", "rating=nombre d’étoiles", "occurred_at=date de l’avis",
                "product_id=référence produit",
            },
        ),
        (
            "Título;Reseña;Calificación;Fecha de la reseña;Producto;Marca;Categoría;Idioma",
            {
                "title=Título", "text=Reseña", "rating=Calificación", "occurred_at=Fecha de la reseña",
                "product_id=Producto", "brand=Marca", "categories=Categoría", "language=Idioma",
            },
        ),
        (
            "Comentario;Valoración;Fecha de publicación;ID del producto;Nombre del producto;Sección",
            {
                "text=Comentario", "rating=Valoración", "occurred_at=Fecha de publicación",
                "product_id=ID del producto", "product_name=Nombre del producto", "categories=Sección",
            },
        ),
    ],
)  # fmt: skip
def test_usual_names_are_known_in_every_spelling(header: str, expected: set[str]) -> None:
    delimiter = delimiter_of(header)
    for form in ("NFC", "NFD"):  # files from a Mac have accents of their own behind the letters
        found = columns_of(normalize(form, header).split(delimiter))
        assert {f"{field}={column}" for field, column in found.items()} == {normalize(form, one) for one in expected}


def test_datafiniti_has_one_reading() -> None:
    assert columns_of(["reviews.id", *DATAFINITI.values()]) == DATAFINITI


@given(st.lists(st.text(max_size=20), max_size=12))
def test_whatever_the_columns_are_called_only_they_are_named_and_fields_are_ours(header: list[str]) -> None:
    found = columns_of(header)
    assert found.keys() <= set(FIELDS)
    assert set(found.values()) <= {name.strip() for name in header}


@pytest.mark.parametrize(("line", "delimiter"), [("a,b;c,d", ","), ("a;b", ";"), ("a\tb", "\t"), ("text", ",")])
def test_the_commonest_delimiter_is_taken(line: str, delimiter: str) -> None:
    assert delimiter_of(line) == delimiter
