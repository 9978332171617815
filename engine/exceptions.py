"""Errors of the engine, named by what happens next."""


class EngineError(Exception):
    """Base of all errors raised here. ``code`` is a key of :data:`issues.CATALOGUE`."""

    def __init__(self, code, /, **parameters):
        super().__init__(code, parameters)
        self.code = code
        self.parameters = parameters


class ConfigurationError(EngineError):
    """Stops before anything is written: a profile or a map that cannot be right."""


class SourceError(EngineError):
    """Stops the extraction: a file that cannot be read, or that must not be opened."""


class ValueProblem(EngineError):
    """One value that cannot be read; the record goes on without it, and an issue tells.

    ``parameters["value"]`` is the raw text.
    """
