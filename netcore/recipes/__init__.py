"""Recipes: complete trainings, each in one short file. Read `mlp.py` first; `base.py` says what a recipe consists of.

    >>> from netcore import recipes
    >>> recipes.names()[:3]
    ['mlp', 'lenet', 'cnn']
    >>> recipes.get("lenet").epochs == recipes.get("lenet", epochs=3).epochs
    False
"""

from netcore.recipes.base import Facts, Prepared, Recipe
from netcore.recipes.registry import get, kinds, names
from netcore.recipes.running import open_run, train
