"""Which currencies and amounts Stripe takes. Amounts are integers in the currency's minor unit at Stripe."""

from sandbox.stripe.errors import invalid

# Supported presentment currencies (docs.stripe.com/currencies).
_CURRENCIES = (
    "usd aed afn all amd ang aoa ars aud awg azn bam bbd bdt bgn bhd bif bmd bnd bob brl bsd bwp byn "
    "bzd cad cdf chf clp cny cop crc cve czk djf dkk dop dzd egp etb eur fjd fkp gbp gel gip gmd gnf "
    "gtq gyd hkd hnl htg huf idr ils inr isk jmd jod jpy kes kgs khr kmf krw kwd kyd kzt lak lbp lkr "
    "lrd lsl mad mdl mga mkd mmk mnt mop mur mvr mwk mxn myr mzn nad ngn nio nok npr nzd omr pab pen "
    "pgk php pkr pln pyg qar ron rsd rub rwf sar sbd scr sek sgd shp sle sos srd std szl thb tjs tnd "
    "top try ttd twd tzs uah ugx uyu uzs vnd vuv wst xaf xcd xcg xof xpf yer zar zmw"
)
CURRENCIES = frozenset(_CURRENCIES.split())

ZERO_DECIMAL = frozenset("bif clp djf gnf jpy kmf krw mga pyg rwf vnd vuv xaf xof xpf".split())  # noqa: SIM905
THREE_DECIMAL = frozenset("bhd iqd jod kwd omr tnd".split())  # noqa: SIM905

# The least that can be charged. IDR is an assumption (Stripe states it in the settlement currency).
MINIMUM = {
    "usd": 50, "aed": 200, "aud": 50, "bgn": 100, "brl": 50, "cad": 50, "chf": 50, "czk": 1500, "dkk": 250,
    "eur": 50, "gbp": 30, "hkd": 400, "huf": 17500, "idr": 1_000_000, "inr": 50, "jpy": 50, "mxn": 1000,
    "myr": 200, "nok": 300, "nzd": 50, "pln": 200, "ron": 200, "sek": 300, "sgd": 50, "thb": 1000,
}  # fmt: skip

# Eight digits, by the SDK's own documentation of `amount`; Stripe's page on currencies gives rupiah twelve.
MAXIMUM = 99_999_999
MAXIMUM_OF = {"idr": 999_999_999_999}

# The last digits that must be 0, though the currency is written with more decimals than it has.
WHOLE_STEPS = {"bhd": 10, "iqd": 10, "jod": 10, "kwd": 10, "omr": 10, "tnd": 10, "isk": 100, "ugx": 100}


def check_currency(currency: str) -> None:
    """Raise unless `currency` is a lower-case code that Stripe supports."""
    if currency not in CURRENCIES:
        raise invalid(f"Invalid currency: {currency}.", param="currency")


def check_amount(amount: int, currency: str, param: str = "amount") -> None:
    """Raise unless `amount` (minor units) can be charged in `currency`."""
    if amount < 1:
        raise invalid("This value must be greater than or equal to 1.", code="parameter_invalid_integer", param=param)
    if amount < MINIMUM.get(currency, 1):
        raise invalid("Amount must convert to at least 50 cents.", code="amount_too_small", param=param)
    maximum = MAXIMUM_OF.get(currency, MAXIMUM)
    if amount > maximum:
        raise invalid(f"Amount must be no more than {maximum}.", code="amount_too_large", param=param)
    step = WHOLE_STEPS.get(currency, 1)
    if amount % step:
        raise invalid(
            f"Invalid amount: amounts in {currency} must be divisible by {step}.",
            code="parameter_invalid_integer",
            param=param,
        )


def decimals(currency: str) -> int:
    """How many decimals Stripe's minor unit stands for; IDR 2, JPY 0, KWD 3."""
    return 0 if currency in ZERO_DECIMAL else 3 if currency in THREE_DECIMAL else 2
