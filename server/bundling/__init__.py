"""Bundles of the pages' scripts and styles, made with esbuild when the package is built.

A server reads only their manifest. The build of a wheel imports this package without the product's dependencies.
"""
