"""The use cases, one a module. They know the domain and the ports, and nothing of AWS, MongoDB or HTTP."""
