"""What people, Shopify and Google write, in our columns."""

import csv
import io
import re

import pytest

from kit.languages import speaking
from stores.exchange import columns
from stores.exchange.cells import escaped
from stores.exchange.formats import is_column, recognise, records
from stores.exchange.reading import rows, sniff


def file_of(header, *table, sign=","):
    text = io.StringIO()
    csv.writer(text, delimiter=sign).writerows([header, *table])
    return io.BytesIO(text.getvalue().encode())


def read(file, **known):
    """The guess, and the records."""
    dialect = sniff(file)
    guess = recognise(dialect, **known)
    assert all(is_column(guess.subject, column) for column in guess.mapping.values())
    found = records(
        rows(file, dialect), dialect, format=guess.format, subject=guess.subject, mapping=guess.mapping
    )  # fmt: skip
    return guess, list(found)


def filled(record):
    return {column: cell for column, cell in record.cells.items() if cell}


# Our own


@pytest.mark.parametrize(
    ("subject", "header"),
    [
        ("products", [*columns.PRODUCT, *columns.VARIANT, "attribute:width", "attribute:finish:fr"]),
        ("stock", columns.STOCK),
        ("stores", columns.STORE),
        ("pairings", columns.PAIRING),
    ],
)
def test_our_own_files_are_known_by_all_their_columns(subject, header):
    guess, found = read(file_of(header, [f"value {place}" for place in range(len(header))]))
    assert (guess.format, guess.subject) == ("vitrine", subject)
    assert guess.mapping == {column: column for column in header}
    assert list(found[0].cells) == list(header)


@pytest.mark.parametrize(
    ("header", "subject", "mapping"),
    [
        (
            "Référence;Désignation;Name EN;Code-barres;Prix TTC;Prix barré;Marque;Couleur",
            "products",
            ["sku", "name:fr", "name:en", "gtin", "price", "was_price", "brand", ""],
        ),
        ("SKU;Nom (anglais);Nom;EAN;Description_en", "products", ["sku", "name:en", "name:fr", "gtin", "story:en"]),
        ("Magasin;EAN;Qté", "stock", ["store", "gtin", "on_hand"]),
        ("Store;Sku;Qty;As of", "stock", ["store", "sku", "on_hand", "counted_at"]),
        ("Code magasin;SKU;Quantité;Prix", "stock", ["store", "sku", "on_hand", "price"]),
        ("Slug;Nom;Rue;Code postal;Ville;Téléphone;Horaires", "stores",
         ["slug", "name", "street", "postcode", "city", "phone", "opening_hours"]),
        ("Produit;Va avec;Raison;Reason EN", "pairings", ["product", "other", "reason:fr", "reason:en"]),
        ("sku;prix", "products", ["sku", "price"]),
        ("price;Prix;sku", "products", ["price", "", "sku"]),
        ("Prix;price;sku", "products", ["", "price", "sku"]),
    ],
)  # fmt: skip
def test_the_words_that_people_have_for_columns_are_known(header, subject, mapping):
    guess, _ = read(io.BytesIO(f"{header}\n".encode()))
    assert guess.subject == subject
    names = header.split(";")
    assert guess.mapping == {name: column for name, column in zip(names, mapping, strict=True) if column}


def test_a_text_that_does_not_say_its_language_is_in_the_one_of_the_file():
    guess, _ = read(io.BytesIO(b"sku;Title;Description fr\n"), language="en")
    assert guess.mapping == {"sku": "sku", "Title": "name:en", "Description fr": "story:fr"}


def test_what_is_asked_for_is_looked_for():
    file = io.BytesIO(b"sku;price\n1;2\n")
    assert read(file, subject="stock")[0].mapping == {"sku": "sku", "price": "price"}
    assert read(io.BytesIO(b"foo;bar\n"), subject="stores")[0].mapping == {}
    assert read(io.BytesIO(b"foo;bar\n"), format="shopify")[0].mapping == {}


def test_an_absent_column_is_absent_and_an_empty_cell_is_empty():
    _, found = read(io.BytesIO("sku;price;brand;unknown\n 001\u00a0;;__VIDE__;x\n".encode()))
    assert found[0].cells == {"sku": "001", "price": "", "brand": "__VIDE__"}
    assert found[0].raw == [" 001\u00a0", "", "__VIDE__", "x"]
    assert (found[0].line, found[0].problems) == (2, [])


def test_cells_are_composed_and_formulas_taken_back():
    header, cells = ["sku", "name:fr", "brand"], ["-1", "e\u0301te\u0301", "=HYPERLINK(0)"]
    _, found = read(file_of(header, [escaped(cell) for cell in cells]))
    assert list(found[0].cells.values()) == ["-1", "été", "=HYPERLINK(0)"]
    _, found = read(file_of(["sku"], ["'=x"]))
    assert found[0].cells == {"sku": "=x"}


def test_a_row_of_another_width_than_the_header_is_named_and_the_others_are_read():
    _, found = read(io.BytesIO(b"sku;price;brand\n1;2\n2;3;a;b\n3;4;a;;\n4;5;a\n"))
    assert [[problem.code for problem in record.problems] for record in found] == [
        ["row_shorter"], ["row_longer"], [], [],
    ]  # fmt: skip
    with speaking("en"):
        assert found[0].problems[0].sentence.startswith("This row has 2 cells, the header has 3.")
    assert [record.is_rejected for record in found] == [True, True, False, False]
    assert found[2].cells == {"sku": "3", "price": "4", "brand": "a"}


def test_a_torn_row_is_a_record_that_cannot_be_taken():
    _, found = read(io.BytesIO(b'sku;brand\n1;"a"b"\n2;c\n'))
    assert (found[0].is_rejected, found[0].cells, found[0].line) == (True, {}, 2)
    assert found[1].cells == {"sku": "2", "brand": "c"}


# Shopify

SHOPIFY = re.split(
    "[,\n]",
    """Handle,Title,Body (HTML),Vendor,Type,Tags,Published,Option1 Name,Option1 Value,Option2 Name,Option2 Value
Option3 Name,Option3 Value,Variant SKU,Variant Grams,Variant Inventory Tracker,Variant Inventory Qty
Variant Inventory Policy,Variant Fulfillment Service,Variant Price,Variant Compare At Price
Variant Requires Shipping,Variant Taxable,Variant Barcode,Image Src,Image Position,Image Alt Text,Gift Card
SEO Title,SEO Description,Google Shopping / Google Product Category,Google Shopping / Gender
Google Shopping / Age Group,Google Shopping / MPN,Google Shopping / AdWords Grouping
Google Shopping / AdWords Labels,Google Shopping / Condition,Google Shopping / Custom Product
Google Shopping / Custom Label 0,Google Shopping / Custom Label 1,Google Shopping / Custom Label 2
Google Shopping / Custom Label 3,Google Shopping / Custom Label 4,Variant Image,Variant Weight Unit
Variant Tax Code,Cost per item""",
)


def shopify(*told, header=SHOPIFY):
    return file_of(header, *([row.get(name, "") for name in header] for row in told))


BRACELET = {
    "Handle": "chain-bracelet", "Title": "Chaîne",
    "Body (HTML)": "<p>Un <strong>bracelet</strong>.</p><script>x</script>", "Vendor": "Company 123",
    "Type": "Bijoux", "Published": "TRUE", "Option1 Name": "Couleur", "Option1 Value": "Or",
    "Option2 Name": "Taille", "Option2 Value": "S", "Variant Grams": "12", "Variant Price": "42.99",
    "Variant Compare At Price": "45.00", "Image Src": "https://cdn/2.jpg", "Image Position": "2",
    "Image Alt Text": "Or",
    "Variant Weight Unit": "kg", "SEO Title": "Chaîne en or",
}  # fmt: skip


def test_shopify_rows_become_variants_of_one_product():
    guess, found = read(
        shopify(
            BRACELET,
            {"Handle": "chain-bracelet", "Option1 Value": "Argent", "Option2 Value": "M", "Variant Price": "38.99",
             "Variant SKU": "0042", "Image Src": "https://cdn/1.jpg", "Image Position": "1"},
            {"Handle": "chain-bracelet", "Image Src": "https://cdn/3.jpg", "Image Position": "3",
             "Image Alt Text": "a|b"},
            {"Handle": "gift", "Title": "Carte", "Published": "FALSE", "Option1 Name": "Title",
             "Option1 Value": "Default Title", "Variant Price": "10"},
        )
    )  # fmt: skip
    assert (guess.format, guess.subject, guess.mapping["Title"]) == ("shopify", "products", "name:fr")
    assert [record.line for record in found] == [2, 3, 5]
    assert filled(found[0]) == {
        "ref": "chain-bracelet", "name:fr": "Chaîne", "story:fr": "Un **bracelet**.", "brand": "Company 123",
        "category": "Bijoux", "state": "published", "option1_name:fr": "Couleur", "option1:fr": "Or",
        "option2_name:fr": "Taille", "option2:fr": "S", "sku": "chain-bracelet-or-s", "weight_grams": "12",
        "price": "42.99", "was_price": "45.00", "seo_title:fr": "Chaîne en or",
        "pictures": "https://cdn/1.jpg https://cdn/2.jpg https://cdn/3.jpg", "picture_alts:fr": " | Or | a\\|b",
    }  # fmt: skip
    assert filled(found[1]) == {
        "ref": "chain-bracelet", "option1_name:fr": "Couleur", "option1:fr": "Argent", "option2_name:fr": "Taille",
        "option2:fr": "M", "sku": "0042", "price": "38.99", "was_price": "__EMPTY__",
    }  # fmt: skip
    assert filled(found[2]) == {
        "ref": "gift", "name:fr": "Carte", "state": "draft", "sku": "gift", "price": "10", "was_price": "__EMPTY__",
    }  # fmt: skip
    assert not any(column.startswith("option") for column in found[2].cells)


def test_the_columns_that_shopify_writes_since_2025_are_known_too():
    header = ["Title", "URL handle", "Description", "Status", "Published on online store", "SKU", "Barcode",
              "Option1 name", "Option1 value", "Price", "Compare-at price", "Weight value (grams)",
              "Product image URL", "Image alt text"]  # fmt: skip
    row = [
        "Lamp",
        "lamp",
        "<p>Fine</p>",
        "Active",
        "FALSE",
        "L-1",
        "3017620422003",
        "Colour",
        "Red",
        "12",
        "",
        "900",
        "",
        "",
    ]
    guess, found = read(file_of(header, row), language="en")
    assert guess.format == "shopify"
    assert filled(found[0]) == {
        "name:en": "Lamp", "ref": "lamp", "story:en": "Fine", "state": "draft", "sku": "L-1", "gtin": "3017620422003",
        "option1_name:en": "Colour", "option1:en": "Red", "price": "12", "was_price": "__EMPTY__",
        "weight_grams": "900",
    }  # fmt: skip


def test_a_reference_made_of_handle_and_options_is_the_same_in_both_shopify_files():
    _, of_product = read(shopify({**BRACELET, "Handle": "h" * 80}))
    header = ["Handle", "Title", "Option1 Name", "Option1 Value", "Option2 Name", "Option2 Value", "SKU", "Location",
              "Incoming", "Available", "On hand"]  # fmt: skip
    guess, of_stock = read(
        file_of(header, ["h" * 80, "Chaîne", "Couleur", "Or", "Taille", "S", "", "Paris", "9", "1", "3"])
    )
    assert (guess.format, guess.subject) == ("shopify", "stock")
    assert of_stock[0].cells == {"store": "Paris", "sku": of_product[0].cells["sku"], "on_hand": "3"}
    assert len(of_stock[0].cells["sku"]) == 64


def test_what_a_location_does_not_stock_says_no_number():
    header = [
        "Handle",
        "Option1 Name",
        "Option1 Value",
        "SKU",
        "Location",
        "Available",
        "On hand (current)",
        "On hand (new)",
    ]
    _, found = read(
        file_of(
            header,
            ["gift", "Title", "Default Title", "", "Paris", "not stocked", "Not stocked", "Not stocked"],
            ["lamp", "Title", "Default Title", "", "Paris", "4", "5", ""],
            ["lamp", "Title", "Default Title", "", "Lyon", "4", "5", "0"],
            ["", "", "", "", "Lyon", "4", "5", "0"],
        )
    )
    assert [(record.cells["sku"], record.cells["on_hand"]) for record in found] == [
        ("gift", ""), ("lamp", ""), ("lamp", "0"), ("", "0"),
    ]  # fmt: skip
    assert [record.is_rejected for record in found] == [False, False, False, True]


def test_a_torn_row_of_shopify_stands_alone():
    file = shopify(BRACELET)
    data = file.getvalue() + b'chain-bracelet,"x"y"\r\nlamp,Lampe' + b"," * 45 + b"\r\n"
    _, found = read(io.BytesIO(data))
    assert [record.is_rejected for record in found] == [False, True, False]
    assert found[2].cells["sku"] == "lamp"


# Google

GOOGLE = ["id", "item_group_id", "title", "description", "link", "image_link", "additional_image_link", "availability",
          "price", "sale_price", "sale_price_effective_date", "brand", "gtin", "color", "size", "material",
          "google_product_category", "product_type", "shipping_weight"]  # fmt: skip


def google(*told):
    return file_of(GOOGLE, *([row.get(name, "") for name in GOOGLE] for row in told), sign="\t")


DRESS = {
    "id": "R-1", "item_group_id": "R", "title": "Robe", "description": "Une robe", "image_link": "https://a/1.jpg",
    "additional_image_link": "https://a/2.jpg,https://a/3,4.jpg", "availability": "in_stock", "price": "59.00 EUR",
    "sale_price": "49.00 EUR", "brand": "Aurore", "gtin": "3017620422003", "color": "Bleu", "material": "Lin",
    "google_product_category": "2271", "product_type": "Femme > Robes", "shipping_weight": "0,45 kg",
}  # fmt: skip


def test_google_offers_become_variants_of_one_product():
    guess, found = read(google(DRESS, {**DRESS, "id": "R-2", "size": "M", "title": "Robe M", "sale_price": ""}))
    assert (guess.format, guess.subject) == ("google", "products")
    assert filled(found[0]) == {
        "sku": "R-1", "ref": "R", "name:fr": "Robe", "story:fr": "Une robe", "brand": "Aurore",
        "category": "Femme > Robes", "google_category": "2271", "gtin": "3017620422003", "price": "49.00",
        "was_price": "59.00", "currency": "EUR", "weight_grams": "450",
        "pictures": "https://a/1.jpg https://a/2.jpg https://a/3,4.jpg",
        "option1_name:fr": "Couleur", "option1_name:en": "Colour", "option1:fr": "Bleu",
        "option2_name:fr": "Matière", "option2_name:en": "Material", "option2:fr": "Lin",
    }  # fmt: skip
    second = filled(found[1])
    assert not second.keys() & {"name:fr", "story:fr", "pictures", "brand", "category"}
    assert (second["sku"], second["ref"], second["price"], second["was_price"]) == ("R-2", "R", "59.00", "__EMPTY__")
    assert [second[f"option{place}:fr"] for place in (1, 2, 3)] == ["Bleu", "M", "Lin"]


def test_a_reduction_of_some_days_is_left_out_and_said():
    _, found = read(google({**DRESS, "sale_price_effective_date": "2026-11-01T00:00Z/2026-11-08T00:00Z"}))
    assert (found[0].cells["price"], found[0].cells["was_price"]) == ("59.00", "__EMPTY__")
    assert [(problem.code, problem.warning) for problem in found[0].problems] == [("sale_dated", True)]
    assert not found[0].is_rejected


def test_a_weight_that_nothing_has_is_left_out_and_said():
    _, found = read(google({**DRESS, "shipping_weight": f"{'9' * 400} kg"}))
    assert found[0].cells["weight_grams"] == ""
    assert [(problem.code, problem.warning) for problem in found[0].problems] == [("other_unit", True)]


def test_offers_without_a_group_are_products_of_their_own():
    _, found = read(google({**DRESS, "item_group_id": ""}, {"id": "T-1", "title": "Table", "price": "EUR 9"}))
    assert [record.cells["name:fr"] for record in found] == ["Robe", "Table"]
    assert (found[1].cells["price"], found[1].cells["currency"]) == ("9", "EUR")


def test_a_feed_in_xml_is_a_google_file():
    _, found = read(
        io.BytesIO(
            b'<rss xmlns:g="http://base.google.com/ns/1.0"><channel><item><g:id>1</g:id><g:title>Lamp</g:title>'
            b"<g:description>&lt;p&gt;A &lt;b&gt;lamp&lt;/b&gt;&lt;/p&gt;</g:description><g:price>12.90 EUR</g:price>"
            b"<g:shipping_weight>heavy</g:shipping_weight></item></channel></rss>"
        ),
        language="en",
    )
    assert filled(found[0]) == {
        "sku": "1",
        "name:en": "Lamp",
        "story:en": "A **lamp**",
        "price": "12.90",
        "currency": "EUR",
    }
    assert [problem.code for problem in found[0].problems] == ["other_unit"]


def test_google_local_inventory_says_what_each_store_has():
    header = ["store_code", "id", "availability", "quantity", "price", "pickup_method"]
    guess, found = read(file_of(header, ["rivoli", "0012", "in_stock", "3", "12.90 EUR", "reserve"], sign="\t"))
    assert (guess.format, guess.subject) == ("google", "stock")
    assert found[0].cells == {"store": "rivoli", "sku": "0012", "on_hand": "3", "price": "12.90 EUR"}
