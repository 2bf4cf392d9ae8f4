"""What every service answers alike: whether it lives, its feed, its public keys, its audit chain."""

from __future__ import annotations

from shared.contract import answers as a
from shared.contract import fields as f


class Health(a.Answer):
    """It lives, and its database answers."""

    service = a.text("", "ingest")
    ok = a.flag("", True)


class FeedRow(a.Answer):
    """That something changed, with what it is now."""

    position = a.whole("Where it stands in the feed.", 17)
    organisation = a.ident("organisation")
    kind = a.text("", "invoice.changed")
    subject = a.ident("invoice", "The id of what changed.")
    version = a.whole("Of the subject.", 1)
    at = a.instant()
    schema = a.text("The version of the body's schema.", "1.0")
    body = a.by_name("The subject as it is when the feed is read; null when it is gone.", {}, null=True)


class Feed(a.Answer):
    """A part of the feed."""

    feed = a.text("The feed's id. With another one, start again at 0: a backup was restored.", "3f9c2a71d04be856")
    head = a.whole("The last position there is.", 17)
    through = a.whole("Ask after this one next.", 17)
    rows = a.many(FeedRow)


class FeedArguments(f.Strict):
    """Which part of the feed."""

    after = f.whole(10**18 - 1, metadata={"description": "The position after which to begin; 0 at first."})
    kinds = f.text(200, empty=True, metadata={"description": "Only these kinds, with commas between, as invoice.changed."})
    limit = f.whole(10**18 - 1, metadata={"description": "At most so many rows; 500 at most."})
    organisation = f.text(200, metadata={"description": "Between services only."})


class PublicKey(a.Answer):
    """A key that tokens are signed with, as a JWK (RFC 7517)."""

    kid = a.text("", "N5SK1q6SXvc0Bk3L6nX8mXGZkHq1cX3x0sYfJ7mVb2E")
    kty = a.text("", "OKP")
    crv = a.text("", "Ed25519")
    alg = a.text("", "Ed25519")
    use = a.text("", "sig")
    x = a.text("", "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo")


class PublicKeys(a.Answer):
    """The public keys, an old one for as long as its tokens live."""

    keys = a.many(PublicKey)


class Chain(a.Answer):
    """What computing the whole audit chain again came to."""

    ok = a.flag("Nothing was edited, removed, put in or cut off.", True)
    sealed = a.whole("Rows in the chain.", 12)
    unsealed = a.whole("Rows that are not chained yet.", 0)
    first_bad = a.whole("The first row that doesn't fit.", None)
