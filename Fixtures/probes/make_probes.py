"""Multinomial logistic regression by scikit-learn, for the tests to compare with.

    python make_probes.py        # needs numpy, h5py and scikit-learn 1.x

Two problems: more examples than features (`tall`), and fewer (`wide`). For each: features, labels, held-out features, and for
penalties 1, 0.1, 0.01 the probabilities that sklearn.linear_model.LogisticRegression gives on the held-out ones, fitted to
standardized features with C = 1 / (penalty · examples).
"""

from pathlib import Path

import h5py
import numpy as np
import sklearn
from sklearn.linear_model import LogisticRegression
from sklearn.preprocessing import StandardScaler

random = np.random.default_rng(8)
with h5py.File(Path(__file__).with_name("probes.h5"), "w") as file:
    file.attrs["scikit-learn"] = sklearn.__version__
    for name, count, width in (("tall", 120, 10), ("wide", 40, 90)):
        labels = np.arange(count + 20) % 3
        centres = random.normal(0, 0.6, (3, width))
        features = (5 + 3 * (centres[labels] + random.normal(0, 1, (count + 20, width)))).astype(np.float32)
        file[f"{name}/train"], file[f"{name}/test"] = features[:count], features[count:]
        file[f"{name}/labels"] = labels[:count].astype(np.int32)
        scaler = StandardScaler().fit(features[:count].astype(np.float64))
        for penalty in (1, 0.1, 0.01):
            model = LogisticRegression(C=1 / (penalty * count), tol=1e-10, max_iter=10000)
            model.fit(scaler.transform(features[:count].astype(np.float64)), labels[:count])
            file[f"{name}/{penalty}"] = model.predict_log_proba(scaler.transform(features[count:].astype(np.float64)))
