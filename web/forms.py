"""HTML forms: fields that speak the visitor's language, and refusals put beside the field they are about."""

from typing import Any

from wtforms import Form

from kit import languages
from kit.errors import Invalid


class LocalizedForm(Form):
    """A form whose built-in sentences come in the language of the page."""

    class Meta:
        @property
        def locales(self) -> list[str]:
            return [languages.language()]

    def take(self, invalid: Invalid) -> None:
        """Put what a use-case found wrong beside the fields; what belongs to no field stands in the summary."""
        for error in invalid.errors:
            field: Any = self._fields.get(error.field)
            if field is not None:
                field.errors = [*field.errors, error.sentence]
            else:
                self.form_errors.append(error.sentence)
        if not invalid.errors:
            self.form_errors.append(invalid.sentence)
