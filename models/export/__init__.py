"""A classifier in a form that other programs run: ONNX, with its answers checked against Aura's own.

``graph`` collects nodes and constants; ``layers`` says what each Keras layer is in ONNX; ``network`` puts a trained
network and its calibration together; ``checking`` compares answers; ``folder`` writes what a user gets.
"""
