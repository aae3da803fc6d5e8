"""What workers are asked and say goes through lines of JSON and back."""

import pytest

from backlit.batch.job import Job, NamedMethod, Selection
from backlit.batch.messages import asked, asking, error_of, said, saying
from backlit.batch.record import Failure
from backlit.batch.worker import ModelSpec, Outcome
from backlit.engines.endpoint.options import EndpointOptions
from backlit.errors import BacklitError, BudgetError, NotFoundError
from backlit.explanation.cell import Variant


def test_what_is_asked() -> None:
    job = Job((Variant("v", "ü {x}\n"),), methods=(NamedMethod("lime", {"n_samples": 9}),))
    spec = ModelSpec("endpoint:http://x", {"endpoint": EndpointOptions(max_calls=3), "dtype": None})
    line = asking(spec, job)
    assert line.count(b"\n") == 1
    there, again = asked(line)
    assert again == job
    assert there.source == spec.source
    assert there.options["endpoint"]["max_calls"] == 3
    assert asked(asking(spec, Job(select=Selection(pattern="a\nb"))))[1].select.pattern == "a\nb"


@pytest.mark.parametrize(
    "news",
    [
        {"source": "toy", "weights": "ab"},
        Outcome(3, b"\x00\xff\n", 2, 1, 0, 99, trouble="No."),
        Outcome(3, b"", 0, ends=Failure("BudgetError", "No more.", "Wait.")),
    ],
)
def test_what_is_said(news: Outcome | dict[str, str]) -> None:
    line = saying(news)
    assert line.count(b"\n") == 1
    assert said(line) == news


def test_errors_are_what_they_were() -> None:
    error = said(saying(NotFoundError("Nothing there.", "Look elsewhere.")))
    assert isinstance(error, NotFoundError)
    assert (error.message, error.hint) == ("Nothing there.", "Look elsewhere.")
    assert isinstance(error_of(Failure("BudgetError", "x")), BudgetError)
    assert type(error_of(Failure("Unheard", "x"))) is BacklitError
