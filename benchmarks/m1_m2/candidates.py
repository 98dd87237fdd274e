"""Settings of M1+M2: the settings of the authors' code, the candidates, and the chosen settings.

The first settings are those of the authors' code (github.com/dpkingma/nips14-ssl). In that code, M1
has a 50-dimensional latent variable and two hidden layers of 500 softplus units, for binarised
pixels. With 100 labels, M2 has another 50-dimensional latent variable, one hidden layer of 300
softplus units, alpha 0.1 and Adam. The code trains on 50,000 items, in batches of 500, for 3,000
epochs. This benchmark has only 5,000 items, so it uses larger learning rates and fewer epochs.

To compare the candidates of M1, a support vector machine predicts the classes from their features.
To compare the candidates of M2, M1+M2 predicts the classes. In both cases, the measure is the
accuracy on the items without a label, averaged over the draws TUNING of labels. The results table
of the benchmark uses other draws.
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
