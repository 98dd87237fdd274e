"""The benchmark of M1+M2, the semi-supervised deep generative model of Kingma et al. (2014).

- m1.py: a variational autoencoder of the pixels, trained without labels.
- m2.py: a generative model of the features of M1, the class and a second latent variable.
- candidates.py: the settings that were tried, and the settings that were chosen.
- experiment.py: one training on one draw of labels, with M1+M2 or with a preset of Lodespace.
- __main__.py runs the benchmark and prints the tables.
"""
