"""What columns of reviews are usually called, in English, German, French and Spanish.

Names are as :func:`keys` has them: small letters without accents, nothing between words, no articles.
"""

import re
import unicodedata
from typing import Final

USUAL: Final = {
    "text": (
        "text", "review", "reviews", "body", "content", "comment", "comments", "feedback", "message", "opinion",
        "verbatim",
        "bewertungstext", "rezensionstext", "rezension", "rezensionen", "kommentar", "kommentare", "meinung",
        "kundenmeinung", "nachricht", "inhalt", "freitext", "ruckmeldung", "kundenbewertung", "produktbewertung",
        "texte", "avis", "avisclient", "avisproduit", "commentaire", "commentaires", "contenu", "temoignage",
        "texto", "resena", "resenas", "comentario", "comentarios", "contenido", "mensaje", "opiniones",
        "opinioncliente", "resenacliente", "resenaproducto",
        "bewertung", "evaluation", "valoracion",
    ),
    "product_id": (
        "productid", "asin", "sku", "itemid", "businessid", "appid", "movieid", "filmid", "hotelid",
        "produktid", "produktnummer", "produktnr", "artikelid", "artikelnummer", "artikelnr",
        "idproduit", "produitid", "identifiantproduit", "refproduit", "referenceproduit", "codeproduit",
        "idproducto", "productoid", "identificadorproducto", "referenciaproducto", "codigoproducto",
        "product", "productname", "producttitle", "item", "business", "company", "app", "application", "bank",
        "branch", "movie", "film", "hotel", "restaurant", "place", "itemname", "appname", "bankname", "moviename",
        "filmname", "hotelname", "restaurantname", "placename", "companyname", "businessname",
        "produkt", "produktname", "produktbezeichnung", "artikel", "artikelname", "artikelbezeichnung", "filiale",
        "unternehmen", "firma",
        "produit", "nomproduit", "article", "nomarticle", "banque", "agence", "entreprise",
        "producto", "nombreproducto", "articulo", "nombrearticulo", "banco", "sucursal", "pelicula", "restaurante",
        "empresa",
        "name",
    ),
    "occurred_at": (
        "occurredat", "date", "at", "time", "timestamp", "datetime", "unixreviewtime", "createdat", "created",
        "submittedat", "submissiondate", "postedat", "published", "publishedat", "dateadded", "dateposted",
        "datum", "bewertungsdatum", "rezensionsdatum", "zeitpunkt", "zeitstempel", "datumzeit", "erstelltam",
        "veroffentlichtam", "veroeffentlichtam", "abgegebenam", "zeit",
        "dateavis", "dateheure", "horodatage", "datepublication", "datecreation", "publiele", "creele",
        "fecha", "fecharesena", "fechahora", "marcatiempo", "fechapublicacion", "fechacreacion", "publicadoel",
        "creadoel",
    ),
    "rating": (
        "rating", "ratings", "stars", "star", "starrating", "score", "overall", "overallrating",
        "sterne", "anzahlsterne", "sternebewertung", "sternzahl",
        "etoiles", "nombreetoiles", "noteclient", "noteproduit",
        "estrellas", "numeroestrellas", "calificacion", "puntuacion",
        "bewertung", "kundenbewertung", "produktbewertung", "evaluation", "valoracion",
    ),
    "title": (
        "title", "headline", "summary", "subject",
        "titel", "uberschrift", "ueberschrift", "betreff", "bewertungstitel", "rezensionstitel", "zusammenfassung",
        "titre", "objet", "sujet", "titreavis",
        "titulo", "encabezado", "asunto", "tituloresena", "resumen",
    ),
    "product_name": (
        "productname", "producttitle",
        "produktname", "produktbezeichnung", "artikelname", "artikelbezeichnung",
        "nomproduit", "nomarticle",
        "nombreproducto", "nombrearticulo",
        "name",
    ),
    "brand": (
        "brand", "manufacturer", "marke", "hersteller", "marque", "fabricant", "marca", "fabricante",
    ),
    "categories": (
        "categories", "category", "department", "departmentname",
        "kategorie", "kategorien", "warengruppe", "produktkategorie", "produktgruppe", "abteilung", "rubrik",
        "categorie", "categorieproduit", "rayon", "rubrique",
        "categoria", "categorias", "categoriaproducto", "departamento", "seccion",
    ),
    "language": ("language", "lang", "sprache", "langue", "idioma", "lengua"),
    "event_id": (
        "eventid", "reviewid", "bewertungsid", "rezensionsid", "idavis", "avisid", "identifiantavis", "idresena",
        "resenaid", "idopinion",
    ),
}  # fmt: skip
"""Field to names, the likeliest first. What may be the text or the stars (``Bewertung``) stands last in both."""

FRENCH: Final = {
    "avis", "avisclient", "avisproduit", "commentaire", "commentaires", "texte", "contenu", "temoignage", "titre",
    "produit", "nomproduit", "idproduit", "dateavis", "marque", "categorie", "langue",
}  # fmt: skip
"""Beside one of these ``Note`` is the stars. In German it is a school mark, and 1 the best."""

ABOUT_REVIEWS: Final = {
    "review", "reviews", "bewertung", "rezension", "avis", "commentaire", "resena", "opinion", "comentario",
}  # fmt: skip
"""What a column's name may say besides: that it is of the review."""

_ARTICLES: Final = {
    "the", "of", "der", "die", "das", "des", "dem", "von", "vom", "zur", "zum", "le", "la", "les", "l", "de", "du", "d",
    "el", "los", "las", "del",
}  # fmt: skip

_WORD: Final = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|\d+|[^\W\d_A-Za-z]+")
_LIGATURES: Final = str.maketrans({"ß": "ss", "œ": "oe", "Œ": "OE", "æ": "ae", "Æ": "AE"})


def words(name: str) -> list[str]:
    """The words of a column's name, in small letters without accents; ``reviewText`` and ``Review_Text`` have two.

    Accents go whether a letter has its own or a combining one, as files from a Mac have (Unicode's NFD).
    """
    parts = unicodedata.normalize("NFKD", name.translate(_LIGATURES))
    plain = "".join(char for char in parts if not unicodedata.combining(char))
    return [word.lower() for word in _WORD.findall(plain)]


def keys(name: str) -> list[str]:
    """The names under which a column is known, its own first.

    ``Review Date`` and ``Date de l'avis`` are dates, too. Only what an article joins loses its end: a
    ``Product Review`` is no product.
    """
    whole = words(name)
    short = [word for word in whole if word not in _ARTICLES]
    found = ["".join(whole), "".join(short)]
    if len(short) > 1 and short[1:] != ["id"] and short[0] in ("review", "reviews", "bewertung", "rezension"):
        found.append("".join(short[1:]))
    if len(whole) > len(short) > 1 and short[:-1] != ["id"] and short[-1] in ABOUT_REVIEWS:
        found.append("".join(short[:-1]))
    return list(dict.fromkeys(key for key in found if key))
