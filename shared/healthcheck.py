"""Says by its exit status whether a server is healthy; for containers' health checks.

``python -m shared.healthcheck 127.0.0.1:50051 [pawtrait.traits.v1.TraitsService]`` asks the gRPC health
service, ``python -m shared.healthcheck http://127.0.0.1:8000/healthz`` expects 200.
"""

import argparse
import urllib.error
import urllib.request
from typing import Any


def grpc_status(address: str, service: str, seconds: float) -> str:
    """The gRPC health status, e.g. ``"SERVING"``; why there is none, e.g. ``"UNAVAILABLE"``, otherwise.

    Args:
        address: ``host:port``, plaintext.
        service: full protobuf name; ``""`` asks about the whole server.
        seconds: time to answer.
    """
    # Imported here: asking over HTTP needs none of it, and a health check runs every few seconds.
    import grpc
    from grpc_health.v1 import health_pb2, health_pb2_grpc

    with grpc.insecure_channel(address, options=[("grpc.enable_http_proxy", 0)]) as channel:
        # The published types do not know the health stub's methods.
        stub: Any = health_pb2_grpc.HealthStub(channel)
        try:
            answer = stub.Check(health_pb2.HealthCheckRequest(service=service), timeout=seconds)
        except grpc.RpcError as error:
            code: grpc.StatusCode = error.code()
            return code.name
    return str(health_pb2.HealthCheckResponse.ServingStatus.Name(answer.status))


def http_status(url: str, seconds: float) -> str:
    """The HTTP status, e.g. ``"200"``; why there is none otherwise."""
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    try:
        with opener.open(url, timeout=seconds) as answer:
            return str(answer.status)
    except urllib.error.HTTPError as error:
        return str(error.code)
    except OSError as error:
        return str(error)


def main(arguments: list[str] | None = None) -> int:
    """Read the command line, ask, and return 0 when healthy, else 1 with a line that says what was heard."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("address", help="host:port of a gRPC server, or http://…")
    parser.add_argument("service", nargs="?", default="", help="full protobuf name; none: the whole server")
    parser.add_argument("--timeout", type=float, default=3.0, help="seconds")
    options = parser.parse_args(arguments)
    if options.address.startswith(("http://", "https://")):
        heard, healthy = http_status(options.address, options.timeout), "200"
    else:
        heard, healthy = grpc_status(options.address, options.service, options.timeout), "SERVING"
    if heard == healthy:
        return 0
    print(f"{options.address}: {heard}")
    return 1


if __name__ == "__main__":
    raise SystemExit(main())
