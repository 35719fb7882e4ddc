"""A generator of synthetic nose prints: skin grown per individual, photographed many times.

:mod:`~services.noseprint.synthesis.individual` grows a dog's nose from a seed,
:mod:`~services.noseprint.synthesis.photographs` takes pictures of it,
``python -m services.noseprint.synthesis`` writes a training set of aligned noses and
``python -m services.noseprint.synthesis.sheet`` draws noses for people to judge.
"""
