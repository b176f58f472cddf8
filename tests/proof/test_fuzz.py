"""A short run of the fuzzer; `python tests/proof/fuzz.py 90` is the long one."""

from proof.fuzz import fuzz


def test_random_answers_environments_and_files_crash_nothing_and_forge_nothing() -> None:
    found = fuzz(10, seed=3)

    assert found.wrong == []
    assert found.runs > 100
    assert {0, 2, 6} <= found.codes.keys()
