"""What an operator can do about a delivery that failed, as a sentence for the log. Pure."""

from typing import Final

from stream.alerts.webhook import NO_WEBHOOK, UNSIGNABLE, Answer

_BY_STATUS: Final = {
    401: "see that the receiver has the secret of the webhook's secret_file",
    403: "see that the receiver has the secret of the webhook's secret_file",
    404: "put the right address into the webhook's url",
    405: "put an address that takes POST into the webhook's url",
    410: "the receiver says that this address is no more: put another one into the webhook's url",
    413: "let the receiver take bodies of 8 KB",
}
"""What the status of a refusal says of its cause."""


def to_have_it_taken(tenant: str, webhook: str, answer: Answer) -> str:
    """While it is tried again by itself."""
    if answer.what == UNSIGNABLE:
        return "mend the webhook's secret_file; aura tenants check says whether all is well"
    if answer.status is None:
        cause = "see that the address in the webhook's url is right, and answers this machine within 15 s"
    elif answer.status >= 500:
        cause = "look at the receiver's own log"
    else:
        cause = "nothing, if it passes: the receiver wants to be asked later"
    return f"{cause}; {_try(tenant, webhook)}"


def to_have_it_after_all(tenant: str, webhook: str, answer: Answer, delivery: str) -> str:
    """After it was given up."""
    again = f"then aura alerts replay --tenant {tenant} {delivery}"
    if answer.what == NO_WEBHOOK:
        return f"nothing, if it shall not be told; else give a webhook of the tenants file that name, {again}"
    if answer.what == UNSIGNABLE:
        return f"mend the webhook's secret_file (aura tenants check says whether all is well), {again}"
    if answer.status is None or answer.status >= 500:
        cause = "mend the receiver, or the webhook's url"
    elif answer.status < 400:
        cause = "put the address that it leads to into the webhook's url, for redirects are not followed"
    else:
        cause = _BY_STATUS.get(answer.status, "look at the receiver's own log for why it refuses")
    return f"{cause}; {_try(tenant, webhook)}, {again}"


def _try(tenant: str, webhook: str) -> str:
    return f"aura alerts test --tenant {tenant} --send --webhook {webhook} tries it"
