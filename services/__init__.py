"""The gRPC services. A service never imports another service's package."""
