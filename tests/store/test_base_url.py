import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from vsms_cli.store.base_url import DEFAULT_BASE_URL, check_base_url, host_of, service_name


@pytest.mark.parametrize(
    ("text", "kept", "service"),
    [
        (DEFAULT_BASE_URL, DEFAULT_BASE_URL, "vsms:virtualsms.io"),
        ("https://VirtualSMS.io/api/v1//", "https://virtualsms.io/api/v1", "vsms:virtualsms.io"),
        ("HTTPS://virtualsms.io:443", "https://virtualsms.io", "vsms:virtualsms.io"),
        ("https://virtualsms.io:8443/a", "https://virtualsms.io:8443/a", "vsms:virtualsms.io:8443"),
        ("http://127.0.0.1:8080/api/v1", "http://127.0.0.1:8080/api/v1", "vsms:127.0.0.1:8080"),
        ("http://127.9.8.7", "http://127.9.8.7", "vsms:127.9.8.7:80"),
        ("http://localhost:80/", "http://localhost", "vsms:localhost:80"),
        ("http://[::1]:8080", "http://[::1]:8080", "vsms:[::1]:8080"),
        ("http://[0:0:0:0:0:0:0:1]", "http://[::1]", "vsms:[::1]:80"),
        ("https://[2001:DB8::1]/v1", "https://[2001:db8::1]/v1", "vsms:[2001:db8::1]"),
        ("https://10.0.0.1", "https://10.0.0.1", "vsms:10.0.0.1"),
        ("https://xn--bcher-kva.example", "https://xn--bcher-kva.example", "vsms:xn--bcher-kva.example"),
    ],
)
def test_an_address_is_kept_in_one_form_and_tokens_under_its_host_and_port(
    text: str, kept: str, service: str
) -> None:
    assert check_base_url(text) == kept
    assert check_base_url(kept) == kept
    assert service_name(text) == service
    assert service.removesuffix(":80") == f"vsms:{host_of(text)}"


@pytest.mark.parametrize(
    "text",
    [
        "", "virtualsms.io", "ftp://virtualsms.io", "https:", "https://", "https:///api", "//virtualsms.io",
        "http://virtualsms.io", "http://127.0.0.1.evil.com", "http://localhost.evil", "http://localhost.",
        "http://127.1@evil", "https://user:hunter2@virtualsms.io", "http://127.0.0.1\\@evil.com", "http://127.1",
        "https://user:hunter2/@virtualsms.io",
        "http://2130706433", "http://0x7f.0.0.1", "http://0x7f000001", "http://127.0.0.256", "http://0.0.0.0",
        "https://1.2.3", "http://[::2]", "http://[::ffff:127.0.0.1]", "http://[fe80::1%lo]", "https://[::1",
        "https://[::1]evil", "https://[1.2.3.4]", "https://[:::1]", "https://a..b", "https://-a.b", "https://a_b",
        "https://virtualsms.io:0", "https://virtualsms.io:65536", "https://virtualsms.io:", "https://a:1:2",
        "https://virtualsms.io:8o", "https://virtualsms.io/?a=1", "https://virtualsms.io/#a", "https://v.io?",
        "https://virtualsms.io/a b", " https://virtualsms.io", "https://virtualsms.io\n", "https://virtualsms.io\x00",
        "https://virtualsms.i\u043e", "https://virtualsms.io/%2e%2e", "https://virtualsms.io/../a", "https://v.io/a//b",
        "https://" + "a" * 64 + ".io", "https://" + "a.b." * 70 + "io", "https://v.io/" + "a" * 2000,
    ],
)  # fmt: skip
def test_what_is_no_safe_address_is_refused_and_no_password_is_repeated(text: str) -> None:
    with pytest.raises(ValueError) as caught:
        check_base_url(text)
    assert "hunter2" not in str(caught.value)


def test_plain_http_names_the_host_that_is_not_loopback() -> None:
    with pytest.raises(ValueError, match=r"plain http to 127\.0\.0\.1\.evil\.com"):
        check_base_url("http://127.0.0.1.evil.com/api/v1")


@given(st.text(alphabet=st.sampled_from("htps:/@.[]127localhost#?\\%evi-_:0 \t\nx"), max_size=40) | st.text())
@example("http://127.0.0.1:80:80")
def test_whatever_is_let_through_is_https_or_loopback(text: str) -> None:
    try:
        kept = check_base_url(f"http://{text}")
    except ValueError:
        return
    host = host_of(kept).partition(":")[0]
    assert host in {"localhost", "["} or host.startswith("127.")
    assert "@" not in kept


@given(st.text(max_size=30), st.text(max_size=30))
def test_userinfo_never_passes_nor_shows(before: str, after: str) -> None:
    with pytest.raises(ValueError) as caught:
        check_base_url(f"https://{before}s3cr3t-pw@{after}")
    assert "s3cr3t-pw" not in str(caught.value)
