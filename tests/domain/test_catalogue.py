"""Countries and services by code or by name."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vsms_cli.domain.catalogue import Catalogue, Entry
from vsms_cli.domain.errors import UsageMistake


def entries(**names: str) -> tuple[Entry, ...]:
    return tuple(Entry(code=code, name=name) for code, name in names.items())


CATALOGUE = Catalogue(
    countries=entries(AR="Argentina", AT="Austria", AU="Australia", GB="United Kingdom", TR="T\u00fcrkiye"),
    services=entries(xx="GO", go="Google", wa="WhatsApp", o1="Other", o2="other", tg="Telegram"),
)


@pytest.mark.parametrize("text", ["AR", "ar", "Argentina", "ARGENTINA", " argentina\n"])
def test_a_country_is_known_by_code_and_name_in_any_case(text: str) -> None:
    assert CATALOGUE.country(text) == "AR"


def test_a_name_is_compared_in_any_script_s_case() -> None:
    assert CATALOGUE.country("T\u00dcRK\u0130YE".replace("\u0130", "I")) == "TR"


def test_a_code_comes_before_another_s_name_that_is_the_same_word() -> None:
    assert CATALOGUE.service("go") == CATALOGUE.service("GO") == "go"


def test_a_name_that_fits_several_is_never_guessed() -> None:
    with pytest.raises(UsageMistake, match="service 'Other' fits several: o1, o2") as caught:
        CATALOGUE.service("Other")
    assert "code" in caught.value.hint
    assert CATALOGUE.service("o2") == "o2"


@pytest.mark.parametrize(
    ("text", "named"),
    [
        ("Agentina", "AR (Argentina)"),
        ("austrlia", "AU (Australia)"),
        ("Austria1", "AT (Austria)"),
        ("unitd kingdom", "GB (United Kingdom)"),
        ("ARG", "AR (Argentina)"),
    ],
)
def test_an_unknown_one_is_an_error_that_names_the_nearest(text: str, named: str) -> None:
    with pytest.raises(UsageMistake, match="unknown country") as caught:
        CATALOGUE.country(text)
    assert named in caught.value.hint
    assert caught.value.hint.count(named) == 1
    assert caught.value.hint.count("(") <= 3


@pytest.mark.parametrize("text", ["zzzzzzzzzz", "x" * 9000])
def test_without_a_near_one_it_names_the_nearest_and_stays_short(text: str) -> None:
    with pytest.raises(UsageMistake) as caught:
        CATALOGUE.service(text)
    assert caught.value.hint.startswith("the nearest are ")
    assert caught.value.hint.count("(") <= 3
    assert len(caught.value.message) < 100


@given(st.text())
def test_any_text_is_a_code_or_a_mistake(text: str) -> None:
    try:
        assert CATALOGUE.country(text) in {"AR", "AT", "AU", "GB", "TR"}
    except UsageMistake:
        return


def test_an_empty_catalogue_knows_nothing() -> None:
    with pytest.raises(UsageMistake):
        Catalogue(countries=(), services=()).country("AR")
