"""What asking after the state of the server is refused for."""

from local_server.errors import Rejection


class MetricsTokenWrong(Rejection):
    """The scrape has no token, or another one than the settings name."""

    code = "metrics_token_wrong"
    status = 401
    title = "The metrics need their own token"
    advice = "Send the value of METRICS_TOKEN as a bearer token; in Prometheus that is `authorization`."


class MetricsNotLocal(Rejection):
    """The scrape comes from another machine, and no token was set."""

    code = "metrics_not_local"
    status = 403
    title = "The metrics are for this machine alone"
    advice = "Set METRICS_TOKEN and send it as a bearer token to read them from elsewhere."
