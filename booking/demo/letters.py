"""Letters without their accents, for addresses and for telephones."""

_ACCENTS = str.maketrans("ÀÂÄÇÈÉÊËÎÏÔÖÙÛÜàâäçèéêëîïôöùûü", "AAACEEEEIIOOUUUaaaceeeeiioouuu")


def plain(name: str) -> str:
    """French letters as ASCII knows them; capitals stay."""
    return name.translate(_ACCENTS)


def slug(name: str) -> str:
    """`saint-jean-de-luz`: as it stands in the address of a page."""
    return plain(name).lower().replace("’", "-").replace(" ", "-")
