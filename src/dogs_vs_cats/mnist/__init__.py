"""The lecture's first exercise: handwritten digits, a dense net against a convnet.

A pipeline of its own, ``mnist/dvc.yaml``, which shares the training loop, the evaluation and the
store with the comparison of cats and dogs.
"""
