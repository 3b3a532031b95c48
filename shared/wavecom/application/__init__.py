"""The use cases, one a module. They use the domain and the ports, and nothing of AWS, MongoDB or HTTP."""
