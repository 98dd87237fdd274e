"""Settings of M1+M2: the settings of the authors' code, the candidates, and the chosen settings.

The source of the first settings is the code of the authors (github.com/dpkingma/nips14-ssl). Its
M1 has a 50-dimensional latent variable and two hidden layers of 500 softplus units, for binarised
pixels. Its M2 has another 50-dimensional latent variable, one hidden layer of 300 softplus units
with 100 labels, alpha 0.1 and Adam. It has 50,000 items, batches of 500 and 3,000 epochs. This
benchmark has 5,000 items, so its learning rates are larger, and it tries each setting with fewer
epochs.

The candidates of M1 are compared by a support vector machine on their features, those of M2 by the
accuracy of M1+M2. In both cases, the measure is the accuracy on the items without a label, averaged
over the draws TUNING of labels. The results table of the benchmark uses other draws.
"""

from dataclasses import replace

from m1_m2.m1 import M1Settings
from m1_m2.m2 import M2Settings

TUNING = (100, 101, 102)
"""Seeds of the draws of labels for the tuning."""
M1 = M1Settings()
"""The chosen settings of M1."""
M2 = M2Settings()
"""The chosen settings of M2."""
M1_CANDIDATES = {
    "chosen": M1,
    "100 epochs": replace(M1, epochs=100),
    "pictures not changed": replace(M1, augmented=False),
    "pictures not changed, grey values": replace(M1, augmented=False, binarised=False),
    "pictures not changed, prior of the weights": replace(M1, augmented=False, prior_weight=1.0),
}
"""Name of the settings -> settings of M1."""
M2_CANDIDATES = {
    "chosen": M2,
    "alpha 0.1": replace(M2, alpha=0.1),
    "alpha 3": replace(M2, alpha=3.0),
    "150 units": replace(M2, hidden=150),
    "3 latent dimensions": replace(M2, latent_dim=3),
    "a tenth of the prior of the weights": replace(M2, prior_weight=0.1),
}
"""Name of the settings -> settings of M2."""
