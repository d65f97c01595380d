"""Faces to learn from, engines that learn, and what is said of them: the rooms behind `training/face_emotion.py`."""
