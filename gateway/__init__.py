"""REST in front of the gRPC services: routes, schemas, problem responses, clients, the web page."""
