"""The reference: tables and sentences of the help topics and the man pages. What the code knows itself, as exit codes
and which outcomes are done, stands there alone.
"""

from collections.abc import Mapping
from typing import Final

from vsms_cli.domain.tickets import Operation

ENVIRONMENT: Final = {
    "VSMS_TOKEN": "the token",
    "VSMS_TOKEN_FILE": "a file whose first line is the token",
    "VIRTUALSMS_API_KEY": "the token, under the vendor's own name",
    "VSMS_PROFILE": "the profile; `--profile` goes before it",
    "VSMS_BASE_URL": "the API's base URL: https, or http to a loopback address",
    "VSMS_SANDBOX": "`1`: as `--sandbox`",
    "VSMS_TIMEOUT": "seconds for a whole request; 30",
    "VSMS_RATE_LIMIT": "requests a minute; 60",
    "VSMS_OUTPUT": "the output format",
    "VSMS_DEBUG": "`1`: as `--debug`",
    "VSMS_CONFIG_DIR": "where `config.toml` lies",
    "VSMS_STATE_DIR": "where the journal and the sandbox lie",
    "NO_COLOR": "no colour",
    "FORCE_COLOR": "colour in a pipe too",
    "TERM": "`dumb`: no colour",
    "COLUMNS": "how wide tables may be",
}
"""Every variable that vsms itself reads. Those of proxies and CA files are httpx's, and in no table of ours."""

PRECEDENCE: Final = (
    "Requests go through the http proxy that `HTTPS_PROXY` or `ALL_PROXY` names, unless `NO_PROXY` names the host; "
    "SOCKS proxies are not supported, and a loopback URL goes through no proxy. CA files (`SSL_CERT_FILE`) are read as "
    "httpx reads them. The token is the first that is set of `VSMS_TOKEN`, `VSMS_TOKEN_FILE`, `VIRTUALSMS_API_KEY`, "
    "and the profile's own in the keyring (service `vsms:HOST`); one that is refused is never followed by the next. "
    "Cron has no keyring: name a `VSMS_TOKEN_FILE` there. An option goes before a variable, a variable before "
    "`config.toml`, and that before the default."
)
SEVERAL_ORDERS: Final = (
    "Several orders: any unknown → 8; else all done → 0; some done → 3; "
    "none done → the code of the first failure."
)
STREAMS: Final = (
    "stdout is data, stderr is messages. Piped output is TSV without a header; `--json`, `-o csv`, `-o ndjson` "
    "and `-q` (ids) say otherwise, with whole ids whatever the width."
)
TWICE: Final = (
    "Running a cancel twice is fine: an order that is already cancelled, "
    "or that refunded itself, counts as done."
)
JSON: Final = (
    "Times are RFC 3339 in UTC ending in `Z`, money is a number with the API's own digits, unknown is `null`, all "
    "text is escaped to ASCII. Keys are only ever added; the same names do for `--fields`."
)
JSON_ERRORS: Final = (
    "With `-o json` an error that stops the command is one line on stderr: "
    '`{"error": {"code": "...", "message": "...", "hint": "..."}}`.'
)
FORMATS: Final = {
    "table": "for a person; the default on a terminal",
    "tsv": "a line a row, no header, whole values; the default in a pipe",
    "csv": "with a header, text quoted; a cell that a spreadsheet would run is defused",
    "json": "one array, at the end; `--json` is short for it",
    "ndjson": "an object a line, each as soon as it is known",
    "ids": "ids alone, a line each; `--quiet` and `-q` are short for it",
}
CONFIG_EXAMPLE: Final = """\
profile = "work"
timeout = 30       # seconds for a whole request
rate_limit = 60    # requests a minute
output = "json"
sandbox = false
debug = false
# base_url = "https://virtualsms.io/api/v1"
"""
"""Every key that config.toml knows."""
RECIPES: Final = {
    "Cancel what was bought for the wrong country, each five minutes, with a log worth reading:": (
        '*/5 * * * * vsms orders cancel --not-country US --yes --wait >>"$HOME/vsms.log" 2>&1',
    ),
    "Ids through a pipe (no `xargs`: it turns exit codes into 123, and runs once on empty input):": (
        "vsms orders list -q --service wa --older-than 10m | vsms orders cancel - --yes",
    ),
    "Refuse unless it is exactly what you expect, and look before you leap:": (
        "vsms orders cancel --country AR --dry-run",
        "vsms orders cancel --country AR --expect 12 --yes --json",
    ),
    "What came back, as a sum (jq counts in binary floats, so it is rounded to cents):": (
        "vsms orders cancel --country AR --yes --json | jq 'map(.refund_amount // 0) | (add // 0) * 100 | round / 100'",
    ),
    "Be told when money is missing, each morning at eight:": (
        (
            '0 8 * * * vsms refunds audit -o table >"$HOME/audit.log" 2>&1; '
            '[ $? -ne 9 ] || mail -s "refunds missing" "$USER" <"$HOME/audit.log"'
        ),
    ),
    "How much is missing, and of which orders:": (
        (
            "vsms refunds audit --json | jq -r"
            """ '.totals.missing, (.orders[] | select(.verdict == "missing" or .verdict == "short") | .id)'"""
        ),
    ),
    "Act on the exit code:": (
        "vsms orders cancel --all --yes",
        "case $? in",
        "  0) ;;",
        '  3) echo "some are still open" ;;',
        "  8) vsms journal resolve ;;",
        "esac",
    ),
}

OUTCOME_MEANINGS: Final[Mapping[Operation, Mapping[str, str]]] = {
    Operation.CANCEL: {
        "cancelled": "cancelled by this run; `refund_amount` came back",
        "already_cancelled": "it was cancelled before",
        "expired": "nothing came in time: it refunds itself",
        "sms_received": "a code came: see `orders refund`",
        "too_early": "under two minutes old; `retry_at` says when it opens",
        "not_found": "the service knows no such order for this account",
        "failed": "it was not cancelled; `error` says why",
        "unknown": "it can't be told whether it was cancelled: `vsms journal resolve`",
        "skipped": "not tried, because the run ended first",
        "would_cancel": "with `--dry-run`: it would be cancelled",
    },
    Operation.REFUND: {
        "requested": "the service took the request; `request_id` names it",
        "already_requested": "it was asked for before, says the service or our journal",
        "already_refunded": "the ledger shows it: `transaction_id`, `refunded_at`",
        "cancelled": "it still waited, so it was cancelled: refunded in full",
        "not_eligible": "the service refuses it, or nothing is asked for (`error` says why): the money may be there",
        "by_hand": "the service has no such endpoint: `support_message` is ready to send",
        "failed": "nothing was asked for; `error` says why",
        "unknown": "the answer was lost; it is never sent a second time by itself",
        "skipped": "not tried, because the run ended first",
        "would_cancel": "with `--dry-run`: it would be cancelled",
        "would_request": "with `--dry-run`: a request would be sent",
    },
    Operation.RENTAL: {
        "cancelled": "cancelled by this command, refunded in full",
        "already_cancelled": "cancelled before, by whomever",
        "sms_received": "an SMS came: nothing comes back any more",
        "too_late": "the 20 minutes of the full refund are over, or it ran to its end",
        "too_early": "the service wants it older; `retry_at` says when",
        "not_found": "the service knows no such rental for this account",
        "failed": "it was not cancelled; `error` says why",
        "unknown": "it can't be told whether it was cancelled: `vsms journal resolve`",
        "skipped": "not tried, because the run ended first",
        "would_cancel": "with `--dry-run`: it would be cancelled",
    },
    Operation.SWAP: {
        "swapped": "`phone_number` is the new one, `previous_number` the old",
        "too_early": "under two minutes old; `retry_at` says when it opens",
        "no_replacement": "the service has no other number for this service and country now",
        "sms_received": "a code came: the number stays",
        "already_cancelled": "the order was cancelled before",
        "expired": "nothing came in time, and it refunded itself",
        "not_found": "the service knows no such order for this account",
        "failed": "it was not swapped; `error` says why",
        "unknown": "it can't be told whether it was swapped: `vsms journal resolve`",
        "skipped": "not tried, because the run ended first",
        "would_swap": "with `--dry-run`: it would be swapped",
    },
}
"""What each outcome means, for `vsms help outcomes`. Which count as done is `domain.outcomes`'s to say."""

VERDICTS: Final = (
    ("twice", "came back > due"),
    ("refunded", "came back = due, and that is more than nothing; a completed order too"),
    ("pending", "it still waits"),
    ("used", "a code came, and came back = 0"),
    ("pending", "something or all is still to come back, and now ≤ ended + 5 minutes"),
    ("unjudged", "it can't be told: see below"),
    ("short", "0 < came back < due: due - came back is missing"),
    ("missing", "cancelled or expired, and came back = 0: what is due is missing"),
)
"""The first line that fits is the verdict of `refunds audit`."""

ABOUT_VERDICTS: Final = (
    (
        "Due is what the order's `purchase` took from the ledger, else its price. Came back is the sum of the "
        "order's ledger lines of type `refund`, `credit` and `admin_credit`, negative ones too: a refund that was "
        "taken back is none. Differences below a cent are none. Ended is the latest moment at which the order can "
        "have ended: when it expires (`expires_at`, or 20 minutes after the purchase), or when our journal saw it "
        "end, if that was sooner; the API does not tell when a cancelled order ended. The first line that fits is "
        "the verdict:"
    ),
)
PROOF_OF_VERDICTS: Final = (
    (
        "Missing and short need proof. Where a line of the ledger might be the refund the order is `unjudged`, "
        "stderr names the line, and nothing is asked for: not by `--request`, and not by `orders refund`, which "
        "ends as `not_eligible`. That is a line which gives money and "
        "names the order, with a type that is in no documentation or an amount that can't be read; or names no "
        "order, or none that anybody knows, is of about the amount that is missing (a tenth or five cents off), and is "
        "dated from one day before the purchase to seven days after the order's end, also with a minus, or with "
        "the id of the purchase's line. It is no deposit. Nor is anything missing that the service may not have "
        "shown: where it counts more lines than it shows, the orders whose lines may be among them are `unjudged`."
    ),
    (
        "Where a line of another type may have taken a refund back the order is `unjudged` too. The service lists "
        "the newest 200 orders. An older one is judged from its own ledger lines; a purchase of which nothing "
        "came back can't be: a code may have come, unless our journal saw the order end without one. A status "
        "that no documentation names can't be judged either. In JSON `reason` is `possible_refund`, "
        "`possible_reversal`, `unlisted`, `status`, `price`, `id` or `ledger`, and `candidate` the id of the line. In "
        "the totals `orders`, `paid`, `returned` and `missing` are about the orders that were judged, `unpriced` "
        "counts those of which nobody says what they cost, and `unread` the ledger lines that can't be read, or "
        "not their amount."
    ),
    (
        "The ledger is read to its end: until a page is empty, or brings nothing new. Its `count` is a hint; that "
        "it says more than the pages show is said on stderr. Two lines are one only if they are equal."
    ),
)
JSON_NOTES: Final = (
    "`transactions` are the ids of the order's ledger lines; `request`, `request_id`, `error` and "
    "`support_message` say what `--request` came to, and are `null` without it. `verified` and "
    "`transaction_id` are `null` without `--verify`, and then no columns of TSV and CSV. In a pipe `stats` "
    "prints a figure a row: `what, name, value, orders`."
)
SANDBOX: Final = (
    (
        "`--sandbox` (or VSMS_SANDBOX=1) answers every call from an embedded copy of the service: no network, no "
        "token, no money. It keeps its orders, ledger and clock in your state directory; `sandbox reset` begins "
        "it anew, `sandbox advance 20m` moves its clock, and `sandbox deliver ID TEXT` lets an SMS arrive."
    ),
    (
        "`sandbox reset --scenario lost-refunds` is a sandbox that lost some refunds, for trying `refunds audit`."
    ),
    (
        "`vsms sandbox serve` offers the sandbox over HTTP on this machine's loopback, to any client "
        "with a token that begins with `vsms_`, and fails as asked: below, the first two cancels are "
        "done and never answered. It prints two "
        "`export` lines on stdout and a line for each request on stderr; Ctrl-C or a signal ends it."
    ),
    (
        "`--fault OPERATION:KIND[:COUNT][:SECONDS]` may be given several times: `orders:429:3:5`, "
        "`any:503:always`, `cancel:reset-before`. `--latency 50ms`, `--rate-limit 60` and `--hold 0s` (no wait "
        "before cancelling) do what they say; without `--ephemeral` it is the data of `--sandbox`, so `vsms "
        "sandbox deliver` and `advance` move it. `--dialect go`, `strings`, `envelope`, `mixed` or `legacy` "
        "answers in another form than the documented one, as other deployments may: a script that reads the API "
        "itself can be tried against each. `vsms sandbox serve --help` lists the operations, kinds and dialects."
    ),
)
TRIAL: Final = """\
set -e
unset VSMS_SANDBOX
rm -f sandbox.env
vsms sandbox serve --ephemeral --fault cancel:timeout-after:2 >sandbox.env 2>sandbox.log &
trap "kill $!" EXIT
until [ -s sandbox.env ]; do sleep 0.1; done
. ./sandbox.env

# The script to be tried
vsms orders cancel --country AR --yes --timeout 1

# What came of it
test "$(vsms orders list --country AR -q 2>/dev/null | wc -l)" -eq 0
test "$(grep -c 'POST .*/cancel/' sandbox.log)" -eq 5
vsms refunds audit >/dev/null
echo passed
"""
"""A script tried against a sandbox that loses two answers."""
GOOD_TO_KNOW: Final = (
    (
        "Ctrl-C while orders are being cancelled: nothing new is sent, what is under way finishes, the summary "
        "comes and says what to type next. A second one ends at once; `vsms journal resolve` reads what became of "
        "it. SIGTERM is the same."
    ),
    (
        "A reader that leaves (`| head -1`) stops nothing half-way: no new order is begun, and each stands in the "
        "journal."
    ),
    ("Where the journal can't be written, nothing that moves money is sent."),
    (
        "In a log the plan and the summary of a run begin with the time, and a run in which nothing matches leaves "
        "one line. "
        "An answer that was lost stays open in the journal until the order or the ledger shows what happened; a "
        "refund request that neither shows is closed with support's word: `vsms journal resolve 12 --as requested`."
    ),
    (
        "Ids and filters together mean the ids that match. Ids on stdin (`-`) are one a line; blank lines and `#` "
        "comments are passed over. `--expect N` refuses unless exactly N orders match."
    ),
    (
        "`--profile` beside a token in a variable is a contradiction, and refused; an empty variable counts as "
        "unset."
    ),
    ("Text of the service's is shown with its control characters as `\\x1b`; JSON keeps it, escaped."),
    (
        "`vsms auth token` prints the token in force; `vsms auth logout` removes the stored one from this "
        "machine, and does not revoke it. The package is called `vsms-cli`: `pipx uninstall vsms-cli`."
    ),
)
