"""Classifiers: text to ids, architectures, training, artefacts, calibration, evaluation. The ground floor."""
