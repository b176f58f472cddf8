"""What the sandbox sells: a few dozen of the service's codes and countries, at prices of about the real size.

The live catalogue has 719 services and 59 countries, changes with the market and can't be copied. `wa` in
Argentina costs $0.80 as in the vendor's live run; every other price is made up.
"""

from __future__ import annotations

from dataclasses import dataclass
from decimal import ROUND_HALF_EVEN, Decimal
from typing import Final

_CENT: Final = Decimal("0.01")


@dataclass(frozen=True, slots=True, kw_only=True)
class Product:
    """A service that numbers are sold for. `base_price` in dollars, before the country's rate."""

    code: str
    name: str
    base_price: Decimal


@dataclass(frozen=True, slots=True, kw_only=True)
class Country:
    """A country that numbers are sold in. `rate` multiplies a base price; `dialling` comes behind the +."""

    code: str
    name: str
    dialling: str
    rate: Decimal


def price(product: Product, country: Country) -> Decimal:
    """Dollars and cents."""
    return (product.base_price * country.rate).quantize(_CENT, rounding=ROUND_HALF_EVEN)


# One product a line: code, price, name. The codes are the ones that this trade shares; 7-Eleven is `aws`.
_PRODUCTS: Final = """
wa 0.50 WhatsApp
tg 0.45 Telegram
go 0.15 Google / YouTube / Gmail
fb 0.12 Facebook
ig 0.10 Instagram / Threads
ds 0.10 Discord
tw 0.08 Twitter / X
lf 0.11 TikTok
am 0.14 Amazon
wx 0.18 Apple
mm 0.09 Microsoft
ub 0.13 Uber
ts 0.32 PayPal
mt 0.10 Steam
nf 0.09 Netflix
fu 0.11 Snapchat
vi 0.20 Viber
oi 0.24 Tinder
tn 0.12 LinkedIn
mb 0.08 Yahoo
wb 0.55 WeChat
me 0.28 LINE
kt 0.40 KakaoTalk
bw 0.16 Signal
mo 0.22 Bumble
uk 0.14 Airbnb
dh 0.15 eBay
alj 0.09 Spotify
hb 0.10 Twitch
re 0.30 Coinbase
aon 0.33 Binance
dr 0.17 OpenAI / ChatGPT
ew 0.12 Nike
kc 0.19 Vinted
bz 0.14 Blizzard
nv 0.36 Naver
ka 0.16 Shopee
dl 0.15 Lazada
jg 0.13 Grab
hw 0.25 Alipay
aws 0.10 7-Eleven
ot 0.20 Any other
"""

# One country a line: ISO 3166-1 alpha-2, dialling code, rate, name.
_COUNTRIES: Final = """
US 1 2.40 United States
CA 1 1.80 Canada
GB 44 1.00 United Kingdom
IE 353 1.90 Ireland
FR 33 1.70 France
DE 49 2.00 Germany
NL 31 1.50 Netherlands
BE 32 1.60 Belgium
AT 43 1.90 Austria
CH 41 2.60 Switzerland
ES 34 1.30 Spain
PT 351 1.10 Portugal
IT 39 1.60 Italy
SE 46 1.20 Sweden
NO 47 1.90 Norway
DK 45 1.30 Denmark
FI 358 1.40 Finland
PL 48 1.00 Poland
CZ 420 1.00 Czech Republic
RO 40 0.80 Romania
GR 30 1.10 Greece
UA 380 0.90 Ukraine
EE 372 0.90 Estonia
LV 371 0.80 Latvia
LT 370 0.80 Lithuania
TR 90 1.40 Turkey
IL 972 1.20 Israel
AE 971 2.20 United Arab Emirates
IN 91 0.90 India
ID 62 0.60 Indonesia
PH 63 0.60 Philippines
VN 84 0.60 Vietnam
TH 66 0.70 Thailand
MY 60 0.70 Malaysia
HK 852 0.80 Hong Kong
JP 81 2.80 Japan
KR 82 2.60 South Korea
AU 61 2.10 Australia
NZ 64 1.80 New Zealand
ZA 27 0.60 South Africa
NG 234 0.60 Nigeria
KE 254 0.60 Kenya
MX 52 0.90 Mexico
BR 55 0.70 Brazil
AR 54 1.60 Argentina
CL 56 0.90 Chile
CO 57 0.70 Colombia
PE 51 0.70 Peru
"""


def _products() -> dict[str, Product]:
    lines = (line.split(maxsplit=2) for line in _PRODUCTS.split("\n") if line)
    return {code: Product(code=code, name=name, base_price=Decimal(cost)) for code, cost, name in lines}


def _countries() -> dict[str, Country]:
    lines = (line.split(maxsplit=3) for line in _COUNTRIES.split("\n") if line)
    return {
        code: Country(code=code, name=name, dialling=dialling, rate=Decimal(rate))
        for code, dialling, rate, name in lines
    }


PRODUCTS: Final = _products()
COUNTRIES: Final = _countries()
