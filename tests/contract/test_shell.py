"""Plain curl and jq, and the script of `vsms help sandbox`, against the served sandbox."""

import json
import os
import shutil
import stat
import subprocess
import sys

import pytest

from support.served import TOKEN, Served, served
from support.vsms import Vsms
from vsms_cli.cli.reference import RECIPES, TRIAL

LINES = [line for lines in RECIPES.values() for line in lines]


def needs(*programs: str) -> None:
    for program in programs:
        if shutil.which(program) is None:
            pytest.skip(f"{program} is not installed")


def sh(vsms: Vsms, script: str, **more: str) -> subprocess.CompletedProcess[str]:
    """The script in a shell whose `vsms` is this one."""
    bin_ = vsms.home / "bin"
    bin_.mkdir(exist_ok=True)
    program = bin_ / "vsms"
    program.write_text(f'#!/bin/sh\nexec {sys.executable} -m vsms_cli "$@"\n')
    program.chmod(program.stat().st_mode | stat.S_IXUSR)
    env = vsms.environment({"PATH": f"{bin_}:{os.environ['PATH']}", **more})
    return subprocess.run(
        ["sh", "-eu", "-c", script],
        env=env,
        cwd=vsms.home,
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )


def test_curl_and_jq_list_cancel_and_see_the_money(vsms: Vsms, server: Served) -> None:
    needs("curl", "jq")
    script = """
    get() { curl -sS --fail -H "X-API-Key: $VSMS_TOKEN" "$VSMS_BASE_URL/customer/$1"; }
    post() { curl -sS --fail -X POST -H "X-API-Key: $VSMS_TOKEN" "$VSMS_BASE_URL/customer/$1"; }
    before=$(get balance | jq .balance)
    for id in $(get 'orders?status=waiting&limit=200' | jq -r '.orders[] | select(.country_id == "AR") | .id'); do
      post "cancel/$id" | jq -r .refund_amount
    done | jq -s 'add * 100 | round'
    echo "$before" "$(get balance | jq .balance)" | jq -s '(.[1] - .[0]) * 100 | round'
    curl -sS -o body -w '%{http_code}' -X POST "$VSMS_BASE_URL/customer/cancel/x"; cat body
    """
    done = sh(vsms, script, VSMS_TOKEN=TOKEN, VSMS_BASE_URL=server.base_url)
    assert done.stderr == ""
    returned, difference, refused = done.stdout.splitlines()
    assert returned == difference == "336"
    assert refused[:3] == "401"
    assert set(json.loads(refused[3:])) == {"error"}


@pytest.mark.parametrize(
    ("recipe", "says"),
    [
        ("orders cancel --country AR --yes --json | jq", "3.36"),
        ("vsms orders list -q --service wa --older-than 10m | vsms orders cancel - --yes", "cancelled"),
        ("refunds audit --json | jq", "0"),
    ],
)
def test_the_recipes_of_the_help_do_what_they_say(vsms: Vsms, server: Served, recipe: str, says: str) -> None:
    needs("jq")
    lines = [line for line in LINES if recipe in line]
    assert len(lines) == 1, recipe
    done = sh(vsms, lines[0], VSMS_TOKEN=TOKEN, VSMS_BASE_URL=server.base_url)
    assert done.returncode == 0, done
    assert says in done.stdout


def test_the_script_of_the_help_with_no_money_at_stake_runs_as_it_stands(vsms: Vsms) -> None:
    done = sh(vsms, TRIAL)
    assert done.returncode == 0, done
    assert done.stdout.splitlines()[-1] == "passed"


def test_a_wrong_key_in_the_query_is_refused_and_not_logged(vsms: Vsms) -> None:
    needs("curl")
    with served(vsms, "--ephemeral") as server:
        done = sh(
            vsms,
            f"curl -sS -o /dev/null -w '%{{http_code}}' '{server.base_url}/customer/balance?api_key={TOKEN}'",
        )
    assert done.stdout == "401"
    assert TOKEN not in server.log
