"""What receipts are asked and answered."""

from __future__ import annotations

from shared.contract import answers as a
from shared.contract import fields as f
from shared.platform.web import Media, Said


class _Form(f.Strict):
    file = f.fields.Raw(required=True, metadata={"type": "string", "format": "binary", "description": "A picture or a PDF."})


class Receipt(a.Answer):
    """A receipt that is kept."""

    id = a.ident("receipt")
    name = a.text("", "train.pdf", null=True)
    media_type = a.text("Told from its content.", "application/pdf")
    size = a.whole("Bytes.", 48211)
    at = a.instant()


RECEIVE = Said(
    takes=Media("multipart/form-data", "One file.", _Form()), gives=Receipt, status=201, also={200: Receipt}, once=True
)
SEND = Said(gives=Media("*/*", "The receipt, in whole or the range that was asked for."))
